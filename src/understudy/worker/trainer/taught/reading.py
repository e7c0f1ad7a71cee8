"""From the stored files of a job to examples as a student reads them, and as its teacher does."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, compress
from typing import NamedTuple

from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.data.training_rows import TrainingRow, rendered
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.registry.teaching import Teaching
from understudy.storage.blobs import BlobStore
from understudy.training.supervised import Examples
from understudy.wording import worded
from understudy.worker.trainer.reading import Which, read_rows, refuse_images
from understudy.worker.trainer.reporter import JobReporter


class TaughtFiles(NamedTuple):
    """The files of a job: the same learned tokens in both, after what each of the two reads."""

    student: Examples
    teacher: Examples


def read_taught_files(
    claim: Claim,
    teaching: Teaching,
    blobs: BlobStore,
    student: ChatRenderer,
    teacher: ChatRenderer,
    reporter: JobReporter,
) -> TaughtFiles:
    """Read a job's training file and, if it has one, its validation file.

    Raises JobFailedError in the words that OpenAI's users know, also where the two do not write an
    answer in the same tokens, and StopTraining when the job is to end.
    """
    reading = _Reading(claim, teaching, blobs, student, teacher, reporter)
    training = reading.read(claim.training_blob, "training", claim.training_file)
    validation: list[_Pair] = []
    if claim.validation_blob is not None and claim.validation_file is not None:
        validation = reading.read(claim.validation_blob, "validation", claim.validation_file)
    return TaughtFiles(
        *(
            Examples(
                training=[pair[at] for pair in training],
                validation=[pair[at] for pair in validation],
            )
            for at in (0, 1)
        )
    )


_Pair = tuple[RenderedExample, RenderedExample]


class _Reading:
    """Reads one file after the other."""

    def __init__(
        self,
        claim: Claim,
        teaching: Teaching,
        blobs: BlobStore,
        student: ChatRenderer,
        teacher: ChatRenderer,
        reporter: JobReporter,
    ) -> None:
        self._claim = claim
        self._teaching = teaching
        self._blobs = blobs
        self._student = student
        self._teacher = teacher
        self._reporter = reporter

    def read(self, blob: str, which: Which, file_id: str) -> list[_Pair]:
        """Parse, check and render a whole file for both."""
        rows = read_rows(
            self._blobs.stored(blob),
            which,
            file_id,
            self._student,
            self._reporter,
            base=self._claim.base,
            splits_turns=self._claim.splits_turns,
        )
        refuse_images(rows, which, "learning a teacher's probabilities")
        whole = [(row.rendered, self._of_teacher(row, which)) for row in rows]
        limits = self._student.context_length, self._teacher.context_length
        cut = [_cut(*pair, *limits) for pair in whole]
        teaching = [pair for pair in cut if any(pair[0].trained[1:])]
        shorter = sum(
            len(short[0].ids) < len(long[0].ids) for short, long in zip(cut, whole, strict=True)
        )
        if shorter:
            self._reporter.warn(
                worded(
                    "job.taught.cut",
                    "{count} example(s) of the {which} file are longer than the "
                    "context of the student ({student} tokens) or, with what else it "
                    "reads, of the teacher ({teacher}); they were cut from the end, "
                    "and {left_out} of them left out because nothing was left to learn.",
                    count=shorter,
                    which=which,
                    student=limits[0],
                    teacher=limits[1],
                    left_out=len(cut) - len(teaching),
                )
            )
        if not teaching:
            raise self._failed(
                which,
                worded(
                    "job.taught.nothing",
                    "None of its examples holds assistant tokens to learn within both contexts.",
                ),
            )
        return teaching

    def _of_teacher(self, row: TrainingRow, which: Which) -> RenderedExample:
        self._reporter.check_stop()
        example, instructions = row.example, self._teaching.instructions
        if instructions is not None and example.is_text:
            raise self._failed(
                which,
                worded(
                    "job.taught.completion",
                    "Example {line} is a prompt and its completion, in which a "
                    "teacher's instructions have no place. Create the job without "
                    "them, or write chat messages.",
                    line=example.line,
                ),
            )
        if instructions is not None:
            system = Message(role=Role.SYSTEM, content=instructions)
            example = replace(
                example,
                messages=(system, *example.messages),
                trained=(False, *example.trained),
            )
        elif self._teacher.hash == self._student.hash:
            return row.rendered
        where = f"Example {example.line}"
        try:
            read = rendered(example, self._teacher)
        except InvalidRequestError as error:
            why = f"{where} cannot be rendered for the teacher {self._teaching.teacher}"
            raise self._failed(which, f"{why}: {error.message}") from error
        if _learned(read) != _learned(row.rendered):
            raise self._failed(
                which,
                worded(
                    "job.taught.other_tokens",
                    "{where} is an answer that the teacher {teacher} writes in other "
                    "tokens than {model}: their chat templates differ. Probabilities "
                    "are learned token by token; give both the same chat template, or "
                    "learn the answers.",
                    where=where,
                    teacher=self._teaching.teacher,
                    model=self._claim.model,
                ),
            )
        return read

    def _failed(self, which: Which, why: str) -> JobFailedError:
        return JobFailedError(
            worded(
                "job.invalid_file",
                "The job failed due to an invalid {which} file. {why}",
                which=which,
                why=why,
            ),
            code=f"invalid_{which}_file",
            param=f"{which}_file",
        )


def _learned(example: RenderedExample) -> list[int]:
    return list(compress(example.ids[1:], example.trained[1:]))


def _cut(
    student: RenderedExample, teacher: RenderedExample, limit: int, teacher_limit: int
) -> _Pair:
    """Cut both from the end, so that both hold the same learned tokens."""
    within = [
        RenderedExample(one.ids[:most], one.trained[:most])
        for one, most in ((student, limit), (teacher, teacher_limit))
    ]
    count = min(sum(one.trained[1:]) for one in within)
    return _first(within[0], count), _first(within[1], count)


def _first(example: RenderedExample, count: int) -> RenderedExample:
    """Return an example up to its `count`-th learned token; whole where that is the last."""
    seen: Sequence[int] = list(accumulate((int(one) for one in example.trained[1:]), initial=0))
    if seen[-1] == count:
        return example
    end = seen.index(count) + 1 if count else 0
    return RenderedExample(example.ids[:end], example.trained[:end])
