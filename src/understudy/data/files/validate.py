"""A whole training or validation file: good enough to start a job, or the job's error."""

from typing import Literal

from understudy.data.examples import is_illustrated
from understudy.data.files.parse import ParsedFile, TrainingFile
from understudy.data.files.problems import INVALID_FORMAT, Problem, ProblemCode
from understudy.errors import JobFailedError

MIN_TRAINING_EXAMPLES = 10
MAX_ILLUSTRATED = 50_000
"""Examples with images in one file."""
MAX_PROMPTS = {"training": 50_000, "validation": 1_000}
"""Lines of the files of a reinforcement job."""

Which = Literal["training", "validation"]

_MAX_PROBLEMS_SHOWN = 10


def check_training_file(parsed: ParsedFile | TrainingFile, which: Which = "training") -> None:
    """Raise JobFailedError, with the code, text and param that OpenAI's users know, for a bad file.

    The text starts with the first problem; the ones after it follow, up to ten in all.
    """
    if parsed.problems:
        raise JobFailedError(
            _introduction(parsed.problems[0], which) + _listed(parsed.problems),
            code=_code(parsed.problems[0], which),
            param=f"{which}_file",
        )
    fewest = MIN_TRAINING_EXAMPLES if which == "training" else 1
    count = len(parsed.examples)
    if count < fewest:
        raise JobFailedError(
            f"{which.capitalize()} file has {count} example(s), "
            f"but must have at least {fewest} examples",
            code="invalid_n_examples",
            param=f"{which}_file",
        )
    illustrated = sum(map(is_illustrated, parsed.examples))
    if illustrated > MAX_ILLUSTRATED:
        raise JobFailedError(
            f"{which.capitalize()} file has {illustrated:,} examples with images, but may have at "
            f"most {MAX_ILLUSTRATED:,}",
            code="invalid_n_examples",
            param=f"{which}_file",
        )


def check_prompt_file(parsed: ParsedFile | TrainingFile, which: Which) -> None:
    """Raise JobFailedError for a reinforcement file as `check_training_file`, or one too long."""
    check_training_file(parsed, which)
    count, most = len(parsed.examples), MAX_PROMPTS[which]
    if count > most:
        raise JobFailedError(
            f"{which.capitalize()} file has {count:,} example(s), but a reinforcement job may have "
            f"at most {most:,} {which} examples",
            code="invalid_n_examples",
            param=f"{which}_file",
        )


def _code(problem: Problem, which: str) -> str:
    if problem.code is ProblemCode.FILE_FORMAT:
        return "invalid_file_format"
    return f"invalid_{which}_file"


def _introduction(problem: Problem, which: str) -> str:
    if problem.code is ProblemCode.FILE_FORMAT:
        return f"The job failed due to a file format error in the {which} file. "
    return f"The job failed due to an invalid {which} file. "


def _listed(problems: tuple[Problem, ...]) -> str:
    shown = problems[:_MAX_PROBLEMS_SHOWN]
    rest = (problem.message.removeprefix(INVALID_FORMAT) for problem in shown[1:])
    text = "\n".join((shown[0].message, *rest))
    unseen = len(problems) - _MAX_PROBLEMS_SHOWN
    return f"{text}\n… and {unseen} more" if unseen > 0 else text
