"""A whole training or validation file: good enough to start a job, or the job's error."""

from typing import Literal

from understudy.data.examples import is_illustrated
from understudy.data.files.parse import ParsedFile, TrainingFile
from understudy.data.files.problems import Problem, ProblemCode
from understudy.errors import JobFailedError
from understudy.wording import Sentence, together, worded

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
            together((_introduction(parsed.problems[0], which), _listed(parsed.problems))),
            code=_code(parsed.problems[0], which),
            param=f"{which}_file",
        )
    fewest = MIN_TRAINING_EXAMPLES if which == "training" else 1
    count = len(parsed.examples)
    if count < fewest:
        raise JobFailedError(
            worded(
                "job.too_few",
                "{file} file has {count} example(s), but must have at least {needed} examples",
                file=which.capitalize(),
                count=count,
                needed=fewest,
            ),
            code="invalid_n_examples",
            param=f"{which}_file",
        )
    illustrated = sum(map(is_illustrated, parsed.examples))
    if illustrated > MAX_ILLUSTRATED:
        raise JobFailedError(
            worded(
                "job.too_many_images",
                "{file} file has {count:,} examples with images, but may have at most {most:,}",
                file=which.capitalize(),
                count=illustrated,
                most=MAX_ILLUSTRATED,
            ),
            code="invalid_n_examples",
            param=f"{which}_file",
        )


def check_prompt_file(parsed: ParsedFile | TrainingFile, which: Which) -> None:
    """Raise JobFailedError for a reinforcement file as `check_training_file`, or one too long."""
    check_training_file(parsed, which)
    count, most = len(parsed.examples), MAX_PROMPTS[which]
    if count > most:
        raise JobFailedError(
            worded(
                "job.too_many_prompts",
                "{file} file has {count:,} example(s), but a reinforcement job may "
                "have at most {most:,} {which} examples",
                file=which.capitalize(),
                count=count,
                most=most,
                which=which,
            ),
            code="invalid_n_examples",
            param=f"{which}_file",
        )


def _code(problem: Problem, which: str) -> str:
    if problem.code is ProblemCode.FILE_FORMAT:
        return "invalid_file_format"
    return f"invalid_{which}_file"


def _introduction(problem: Problem, which: Which) -> Sentence:
    if problem.code is ProblemCode.FILE_FORMAT:
        return worded(
            "job.file_format",
            "The job failed due to a file format error in the {which} file.",
            which=which,
        )
    return worded("job.bad_file", "The job failed due to an invalid {which} file.", which=which)


def _listed(problems: tuple[Problem, ...]) -> Sentence:
    shown = problems[:_MAX_PROBLEMS_SHOWN]
    lines = [shown[0].message, *(problem.without_preface for problem in shown[1:])]
    unseen = len(problems) - _MAX_PROBLEMS_SHOWN
    if unseen > 0:
        lines.append(worded("job.more_problems", "… and {count} more", count=unseen))
    return together(lines, "\n")
