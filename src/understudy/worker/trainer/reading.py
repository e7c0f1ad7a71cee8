"""From the stored files of a job to rendered examples, or the reason why the job fails."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from understudy.chat.grammar.held_calls import HeldCalls
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.data.examples import ChatExample
from understudy.data.files.parse import parse_chat_file
from understudy.data.files.problems import INVALID_FORMAT, Problem
from understudy.data.files.validate import check_training_file
from understudy.data.training_rows import TrainingRow, complaint_of_rows, training_rows
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.safety.demonstrations import Demonstration, mixed_in
from understudy.storage.blobs import BlobStore
from understudy.training.supervised import Examples
from understudy.wording import worded
from understudy.worker.trainer.reporter import JobReporter

Which = Literal["training", "validation"]
_MAX_LINES_NAMED = 5
_MAX_SHOWN = 10


def read_files(
    claim: Claim, blobs: BlobStore, renderer: ChatRenderer, reporter: JobReporter
) -> Examples:
    """Read a job's training file and, if it has one, its validation file, as `read_examples`."""
    training = read_examples(
        blobs.stored(claim.training_blob),
        "training",
        claim.training_file,
        renderer,
        reporter,
        base=claim.base,
        splits_turns=claim.splits_turns,
    )
    training += mixed_demonstrations(claim, len(training), renderer, reporter)
    if claim.validation_blob is None or claim.validation_file is None:
        return Examples(training=training, validation=[])
    validation = read_examples(
        blobs.stored(claim.validation_blob),
        "validation",
        claim.validation_file,
        renderer,
        reporter,
        base=claim.base,
        splits_turns=claim.splits_turns,
    )
    return Examples(training=training, validation=validation)


def mixed_demonstrations(
    claim: Claim, examples: int, renderer: ChatRenderer, reporter: JobReporter
) -> list[RenderedExample]:
    """Return the safe demonstrations that a job wants among so many examples, and say how many.

    Every attempt at the job takes the same ones. Nothing is mixed into what is held out.
    """
    if claim.safety_mix is None:
        return []
    chosen = mixed_in(claim.safety_mix, examples, seed=claim.seed)
    rows = [
        row.rendered
        for demonstration in chosen
        for row in training_rows(_example_of(demonstration), renderer, splits_turns=True)
    ]
    refusals = sum(each.is_refusal for each in chosen)
    reporter.inform(
        worded(
            "job.mixed",
            "Mixed {count} safe demonstrations into {examples} examples "
            "(safety_mix {share:g}): {refusals} refusals and {harmless} "
            "harmless requests with answers, chosen by the job's seed.",
            count=len(chosen),
            examples=examples,
            share=claim.safety_mix,
            refusals=refusals,
            harmless=len(chosen) - refusals,
        )
    )
    return _fit(rows, "training", renderer.context_length, reporter)


def _example_of(demonstration: Demonstration) -> ChatExample:
    return ChatExample(
        line=0,
        messages=demonstration.messages,
        tools=(),
        trained=(False, True),
        parallel_tool_calls=None,
    )


def read_examples(
    path: Path,
    which: Which,
    file_id: str,
    renderer: ChatRenderer,
    reporter: JobReporter,
    *,
    base: str,
    splits_turns: bool,
) -> list[RenderedExample]:
    """Read as `read_rows`, cut to the model's context, warning the owner of what had to be cut."""
    rows = read_rows(path, which, file_id, renderer, reporter, base=base, splits_turns=splits_turns)
    refuse_cut_images(rows, which, renderer.context_length)
    rendered = [row.rendered for row in rows]
    return _fit(rendered, which, renderer.context_length, reporter)


def read_rows(
    path: Path,
    which: Which,
    file_id: str,
    renderer: ChatRenderer,
    reporter: JobReporter,
    *,
    base: str,
    splits_turns: bool,
) -> list[TrainingRow]:
    """Parse, check and render the whole file `file_id`.

    With `splits_turns`, an example that the chat template rewrites becomes one a learned turn.
    Raises JobFailedError in the words that OpenAI's users know, and StopTraining when the job is
    to end.
    """
    with path.open("rb") as file:
        parsed = parse_chat_file(_lines(file, reporter), file_id, reporter.images)
    check_training_file(parsed, which)
    warn_of_skipped(parsed.skipped, which, reporter)
    rows = [
        _rows(example, which, renderer, reporter, base, splits_turns) for example in parsed.examples
    ]
    _inform_of_split(rows, which, reporter)
    _warn_of_calls(rows, which, renderer, reporter)
    return [row for of_example in rows for row in of_example]


def warn_of_skipped(skipped: Sequence[Problem], which: Which, reporter: JobReporter) -> None:
    """Warn the job's owner of lines that were left out, with the first reasons."""
    if skipped:
        shown = "\n".join(one.message.removeprefix(INVALID_FORMAT) for one in skipped[:_MAX_SHOWN])
        more = "\n..." if len(skipped) > _MAX_SHOWN else ""
        reporter.warn(
            worded(
                "job.skipped",
                "{count} example(s) of the {which} file were left out, because "
                "their images cannot be used.\n{shown}{more}",
                count=len(skipped),
                which=which,
                shown=shown,
                more=more,
            )
        )


def _lines(file: Iterable[bytes], reporter: JobReporter) -> Iterator[bytes]:
    for line in file:
        reporter.check_stop()
        yield line


def _rows(
    example: ChatExample,
    which: Which,
    renderer: ChatRenderer,
    reporter: JobReporter,
    base: str,
    splits_turns: bool,
) -> list[TrainingRow]:
    reporter.check_stop()
    try:
        return training_rows(example, renderer, splits_turns=splits_turns)
    except InvalidRequestError as error:
        refused = with_way_out(error, renderer, base)
        raise JobFailedError(
            worded(
                "job.unrenderable",
                "The job failed due to an invalid {which} file. Example {line} "
                "cannot be rendered for this model: {why}",
                which=which,
                line=example.line,
                why=refused.message,
            ),
            code=f"invalid_{which}_file",
            param=f"{which}_file",
        ) from error


def _inform_of_split(
    rows: Sequence[Sequence[TrainingRow]], which: Which, reporter: JobReporter
) -> None:
    split = [of_example for of_example in rows if len(of_example) > 1]
    if split:
        reporter.inform(
            worded(
                "job.split",
                "{count:,} of {of:,} example(s) of the {which} file are rewritten "
                "by the model's chat template when a conversation continues. They "
                "were split into {rows:,}, one for each answer that is learned, so "
                "that there are {examples:,} examples.",
                count=len(split),
                of=len(rows),
                which=which,
                rows=sum(map(len, split)),
                examples=sum(map(len, rows)),
            )
        )


def _warn_of_calls(
    rows: Sequence[Sequence[TrainingRow]],
    which: Which,
    renderer: ChatRenderer,
    reporter: JobReporter,
) -> None:
    """Warn of calls that the model would learn to write otherwise than forced calls are."""
    held_calls = HeldCalls(renderer)
    found: list[tuple[int, str]] = []
    for of_example in rows:
        reporter.check_stop()
        complaint = complaint_of_rows(held_calls, of_example)
        if complaint is not None:
            found.append((of_example[0].example.line, complaint))
    warn_of_unheld(found, which, reporter)


def warn_of_unheld(found: Sequence[tuple[int, str]], which: Which, reporter: JobReporter) -> None:
    """Warn of lines whose calls cannot be forced, each with the reason; of none, say nothing."""
    if found:
        lines = ", ".join(str(line) for line, _ in found[:_MAX_LINES_NAMED])
        more = ", ..." if len(found) > _MAX_LINES_NAMED else ""
        reporter.warn(
            worded(
                "job.unheld",
                "{count} example(s) of the {which} file (line {lines}{more}) "
                "contain tool calls that constrained decoding (tool_choice) cannot "
                "produce. Line {line}: {why}.",
                count=len(found),
                which=which,
                lines=lines,
                more=more,
                line=found[0][0],
                why=found[0][1],
            )
        )


def _fit(
    examples: list[RenderedExample], which: Which, context_length: int, reporter: JobReporter
) -> list[RenderedExample]:
    """Cut long examples from the end, as OpenAI does, and say how many; leave out empty ones."""
    fitting = [_cut(example, context_length) for example in examples]
    too_long = sum(len(example.ids) > context_length for example in examples)
    # The first token of an example is predicted by nothing, so it teaches nothing.
    teaching = [example for example in fitting if any(example.trained[1:])]
    if too_long:
        reporter.warn(
            worded(
                "job.cut",
                "{count} example(s) of the {which} file are longer than the "
                "model's context of {context} tokens and were cut from the end.",
                count=too_long,
                which=which,
                context=context_length,
            )
        )
    if len(teaching) < len(fitting):
        reporter.warn(
            worded(
                "job.left_out",
                "{count} example(s) of the {which} file hold no assistant tokens "
                "to learn within the model's context and were left out.",
                count=len(fitting) - len(teaching),
                which=which,
            )
        )
    if not teaching:
        raise JobFailedError(
            worded(
                "job.nothing_to_learn",
                "The job failed due to an invalid {which} file. None of its "
                "examples holds assistant tokens to learn within the model's "
                "context of {context} tokens.",
                which=which,
                context=context_length,
            ),
            code=f"invalid_{which}_file",
            param=f"{which}_file",
        )
    return teaching


def _cut(example: RenderedExample, context_length: int) -> RenderedExample:
    if len(example.ids) <= context_length:
        return example
    return replace(
        example, ids=example.ids[:context_length], trained=example.trained[:context_length]
    )


def refuse_cut_images(rows: Sequence[TrainingRow], which: Which, context_length: int) -> None:
    """Raise JobFailedError for an example of which images would have to be cut."""
    for row in rows:
        last = max((at for image in row.rendered.images for at in image.places), default=0)
        if last >= context_length:
            raise JobFailedError(
                worded(
                    "job.cut_image",
                    "The job failed due to an invalid {which} file. Example {line} has "
                    "images up to token {token:,}, and the model's context holds "
                    "{context:,}. Half an image cannot be learned from: use fewer or "
                    'smaller images, or the detail "low".',
                    which=which,
                    line=row.example.line,
                    token=last + 1,
                    context=context_length,
                ),
                code=f"invalid_{which}_file",
                param=f"{which}_file",
            )


def refuse_images(rows: Sequence[TrainingRow], which: Which, method: str) -> None:
    """Raise JobFailedError where a file of a method that shows no images holds one."""
    line = next((row.example.line for row in rows if row.rendered.images), None)
    if line is not None:
        raise JobFailedError(
            worded(
                "job.shows_no_images",
                "The job failed due to an invalid {which} file. Example {line} "
                "holds images, and {method} does not show them to the model yet; "
                "only supervised fine-tuning on answers does. Leave the images "
                "out, or use that method.",
                which=which,
                line=line,
                method=method,
            ),
            code=f"invalid_{which}_file",
            param=f"{which}_file",
        )
