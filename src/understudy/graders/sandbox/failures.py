"""What keeps code from giving a score, as the errors that a grade carries."""

from understudy.errors import InvalidRequestError
from understudy.graders.grade import Finding, GradeErrors, GradingError


class CodeError(GradingError):
    """The code itself failed: it raised, or returned what is no score. Its process is well."""

    def __init__(self, details: str, *, printed: str, blames_sample: bool = False) -> None:
        super().__init__(
            details,
            GradeErrors(
                python_grader_runtime_error=True, python_grader_runtime_error_details=details
            ),
            finding=Finding(evidence={"printed": printed}),
            blames_sample=blames_sample,
        )


def timed_out(seconds: float) -> GradingError:
    """Return the error for code that does not end."""
    errors = GradeErrors(
        python_grader_server_error=True,
        python_grader_server_error_type="timeout",
        unresponsive_reward_error=True,
    )
    return GradingError(f"The grader did not end within {seconds:g} seconds.", errors)


def crashed(why: str) -> GradingError:
    """Return the error for code that took its process with it."""
    errors = GradeErrors(python_grader_server_error=True, python_grader_server_error_type="crashed")
    return GradingError(f"The grader's process did not survive the code: {why}.", errors)


def disk_full(limit_bytes: int) -> GradingError:
    """Return the error for code that writes more temporary files than it may."""
    errors = GradeErrors(python_grader_server_error=True, python_grader_server_error_type="disk")
    return GradingError(
        f"The grader wrote more than {limit_bytes // 1024**2:,} MB of temporary files.", errors
    )


def too_deep() -> GradingError:
    """Return the error for directories that lie too deep to count what is in them."""
    errors = GradeErrors(python_grader_server_error=True, python_grader_server_error_type="disk")
    return GradingError(
        "The grader made directories too deep within each other: paths of more than 3,000 bytes.",
        errors,
    )


def not_loaded(error: GradingError, param: str) -> InvalidRequestError:
    """Return the refusal of code that cannot even be loaded."""
    return InvalidRequestError(
        f"Invalid '{param}': {error.message}", code="invalid_grader_source", param=param
    )


def unavailable(why: str, param: str | None) -> InvalidRequestError:
    """Return the refusal where no sandbox is to be had, with the ways to get one."""
    return InvalidRequestError(
        f"Python graders are switched off on this server, because {why}, and code of users is "
        "never run unprotected. They run on Linux 5.13 or newer whose kernel has Landlock and "
        "seccomp (a container must allow both), or elsewhere in the interpreter that "
        "`pip install pydantic-monty` adds. All other graders work.",
        code="python_grader_unavailable",
        param=param,
    )
