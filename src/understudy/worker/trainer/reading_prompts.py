"""From the stored files of a reinforcement job to its prompts, or the reason why the job fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from understudy.data.examples import ReinforcementExample, is_illustrated
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_file
from understudy.data.files.validate import check_prompt_file
from understudy.errors import JobFailedError
from understudy.graders.base import Grader
from understudy.graders.item_variables import absent_variable
from understudy.jobs.claims import Claim
from understudy.storage.blobs import BlobStore
from understudy.wording import worded
from understudy.worker.trainer.reading import Which, warn_of_skipped
from understudy.worker.trainer.reporter import JobReporter


@dataclass(frozen=True, kw_only=True)
class PromptFiles:
    """What a reinforcement job is to answer, in the order of its files."""

    training: tuple[ReinforcementExample, ...]
    validation: tuple[ReinforcementExample, ...]


def read_prompt_files(claim: Claim, blobs: BlobStore, reporter: JobReporter) -> PromptFiles:
    """Read a job's training and validation files.

    Raises JobFailedError in the words that OpenAI's users know, and StopTraining when the job is
    to end.
    """
    assert claim.validation_file is not None, "a reinforcement job is created with both files"
    assert claim.validation_blob is not None, "a file that is named has its bytes"
    training = blobs.stored(claim.training_blob)
    held_out = blobs.stored(claim.validation_blob)
    return PromptFiles(
        training=read_prompts(training, "training", claim.training_file, reporter),
        validation=read_prompts(held_out, "validation", claim.validation_file, reporter),
    )


def check_graded(files: PromptFiles, graders: Sequence[Grader]) -> None:
    """Raise JobFailedError for the first line without a value that a grader's template names.

    What a python grader looks for is known only when it runs.
    """
    for which, prompts in (("training", files.training), ("validation", files.validation)):
        for grader in graders:
            for prompt in prompts:
                absent = absent_variable(grader, prompt.item)
                if absent is not None:
                    raise JobFailedError(
                        worded(
                            "job.prompt.no_value",
                            "The job failed due to an invalid {which} file. Example {line} has "
                            "no value for the variable '{variable}', which the grader "
                            "'{grader}' names in its {place}.",
                            which=which,
                            line=prompt.line,
                            variable=str(absent.variable),
                            grader=grader.name,
                            place=absent.place,
                        ),
                        code="invalid_variable",
                        param=f"{which}_file",
                    )


def read_prompts(
    path: Path, which: Which, file_id: str, reporter: JobReporter
) -> tuple[ReinforcementExample, ...]:
    """Read one file of prompts; `file_id` is its name in complaints."""
    reporter.check_stop()
    with path.open("rb") as file:
        parsed = parse_file(file, Method.REINFORCEMENT, file_id)
    check_prompt_file(parsed, which)
    warn_of_skipped(parsed.skipped, which, reporter)
    prompts = tuple(one for one in parsed.examples if isinstance(one, ReinforcementExample))
    shown = next((prompt for prompt in prompts if is_illustrated(prompt)), None)
    if shown is not None:
        raise JobFailedError(
            worded(
                "job.prompt.images",
                "The job failed due to an invalid {which} file. Example {line} "
                "cannot be rendered for this model: it shows images, which are "
                "learned from in supervised files only",
                which=which,
                line=shown.line,
            ),
            code=f"invalid_{which}_file",
            param=f"{which}_file",
        )
    return prompts
