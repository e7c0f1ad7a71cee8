"""Asks a teacher for its probabilities before its student is trained, and keeps them on disk."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoConfig

from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.chat.rendering.same_tokens import token_difference
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.modeling.free_memory import is_out_of_memory
from understudy.planning.execution import Execution, Layout
from understudy.registry.teaching import Teaching
from understudy.storage.blobs import BlobStore
from understudy.training.baseline import adapted
from understudy.training.distillation.targets import (
    KeptTargets,
    Question,
    is_kept,
    keep_targets,
)
from understudy.training.distillation.training import TaughtExamples
from understudy.training.run import use_attention
from understudy.wording import worded
from understudy.worker.trainer.bases import WarmBase, WarmBases
from understudy.worker.trainer.housekeeping import TEACHER
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.taught.reading import read_taught_files


def ask_teacher(
    claim: Claim,
    teaching: Teaching,
    blobs: BlobStore,
    bases: WarmBases,
    renderer: ChatRenderer,
    reporter: JobReporter,
    directory: Path,
) -> TaughtExamples:
    """Return a job's examples with what the teacher says of them, asked once for all attempts.

    What it says lies below `directory`, the job's own. Raises JobFailedError where the teacher
    cannot be asked, and StopTraining when the job is to end.
    """
    check_tokens(claim, teaching)
    reads = teacher_renderer(claim, teaching, renderer)
    files = read_taught_files(claim, teaching, blobs, renderer, reads, reporter)
    # Said now: a teacher that reads much takes its time.
    reporter.validated()
    width = width_of(claim, teaching)
    parts = {f"{TEACHER}-training": files.teacher.training}
    if files.teacher.validation:
        parts[f"{TEACHER}-validation"] = files.teacher.validation
    absent = {
        directory / name: part
        for name, part in parts.items()
        if not is_kept(directory / name, part)
    }
    if absent:
        _keep(claim, teaching, bases, absent, width, reporter)
    kept = [KeptTargets(directory / name, part) for name, part in parts.items()]
    return TaughtExamples(
        examples=files.student,
        width=width,
        training=kept[0],
        validation=kept[1] if len(kept) > 1 else None,
    )


def forget_teacher(directory: Path) -> None:
    """Delete what a teacher said, once its job has no use for it any more."""
    for kept in directory.glob(f"{TEACHER}-*"):
        shutil.rmtree(kept, ignore_errors=True)


def _keep(
    claim: Claim,
    teaching: Teaching,
    bases: WarmBases,
    parts: dict[Path, Sequence[RenderedExample]],
    width: int,
    reporter: JobReporter,
) -> None:
    base = load_teacher(teaching, bases)
    longest = max(len(example.ids) for part in parts.values() for example in part)
    execution = execution_of(base, longest)
    count = sum(sum(example.trained[1:]) for part in parts.values() for example in part)
    reporter.inform(
        worded(
            "job.teacher.asked",
            "The teacher {teacher} is asked how likely it finds {tokens:,} "
            "tokens of the answers; that is kept on disk until the job ends.",
            teacher=teaching.teacher,
            tokens=count,
        )
    )
    question = Question(width=width, top_k=teaching.top_k, temperature=teaching.temperature)
    use_attention(base.loaded, execution.layout)
    try:
        with adapted(base.loaded.model, teaching.adapter):
            for directory, examples in parts.items():
                keep_targets(
                    directory,
                    base.loaded.model,
                    examples,
                    question,
                    execution,
                    check_stop=reporter.check_stop,
                )
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise JobFailedError(
            worded(
                "job.teacher.memory",
                "The server ran out of memory when the teacher {teacher} was asked "
                "for its probabilities. Take a smaller teacher, or shorter "
                "examples.",
                teacher=teaching.teacher,
            ),
            code="insufficient_memory",
            param="model",
        ) from error


def load_teacher(teaching: Teaching, bases: WarmBases) -> WarmBase:
    """Return the teacher's weights; raises JobFailedError where they cannot be loaded."""
    try:
        return bases.get(teaching.directory)
    except InvalidRequestError as error:
        raise JobFailedError(
            worded(
                "job.teacher.unusable",
                "The teacher {teacher} cannot be asked: {why}",
                teacher=teaching.teacher,
                why=error.message,
            ),
            code=error.code or "model_not_available",
            param="model",
        ) from error


def execution_of(base: WarmBase, longest: int) -> Execution:
    """Return how a teacher is computed, which learns nothing itself."""
    if longest <= base.packing.longest:
        return Execution()
    if base.packing.is_padding_exact:
        return Execution(layout=Layout.PADDED)
    return Execution(layout=Layout.PADDED, tokens_per_micro_batch=1)


def teacher_renderer(claim: Claim, teaching: Teaching, student: ChatRenderer) -> ChatRenderer:
    """Return what the teacher reads conversations with, on the day that the student's print."""
    if teaching.directory == claim.base_directory:
        return student
    return ChatRenderer.from_directory(teaching.directory).dated(student.day)


def width_of(claim: Claim, teaching: Teaching) -> int:
    """Return how many tokens the heads of both know."""
    return min(map(_vocabulary_size, (claim.base_directory, teaching.directory)))


def check_tokens(claim: Claim, teaching: Teaching) -> None:
    """Raise JobFailedError where student and teacher do not share a tokenizer."""
    # Checked when the job was asked for; a base may have been replaced since.
    difference = token_difference(claim.base_directory, teaching.directory)
    if difference is not None:
        raise JobFailedError(
            worded(
                "job.teacher.tokenizer",
                "{model} and its teacher {teacher} do not share a tokenizer any "
                "more: {difference}.",
                model=claim.model,
                teacher=teaching.teacher,
                difference=difference,
            ),
            code="tokenizer_mismatch",
            param="model",
        )


def _vocabulary_size(directory: Path) -> int:
    config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    return int(config.get_text_config().vocab_size)
