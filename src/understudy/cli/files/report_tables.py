"""Prints the report of a training file."""

from collections.abc import Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from understudy.cli.console import out, printable
from understudy.cli.files.advice_table import listed, print_advice
from understudy.cli.language import named, said, said_with
from understudy.data.files.formats import Method
from understudy.data.images.illustrations import Illustrations
from understudy.data.report.lengths import Lengths
from understudy.data.report.line_numbers import LineGroups, Lines
from understudy.data.report.report import FileError, Report
from understudy.wording import Sentence, together, worded

_MAX_ERRORS = 100
_MAX_LABELS = 20
_BAR_WIDTH = 40

Fact = tuple[str, str]


def print_report(file_name: str, report: Report) -> None:
    """Print the verdict, the errors, the statistics and the advice."""
    _print_verdict(file_name, report)
    _print_errors("", report.errors)
    _print_errors(worded("cli.files.skipped", "skipped "), report.skipped)
    if report.validation is not None:
        _print_errors(worded("cli.files.validation", "validation "), report.validation.errors)
    _print_facts("Content", _content(report))
    _print_facts("Tokens", _tokens(report))
    if report.tokens.total.histogram:
        _print_histogram(report.tokens.total)
    _print_facts("Findings", _findings(report))
    _print_facts("Completions", _answers(report))
    _print_facts("Values for graders", _graded(report))
    _print_facts('Job with "auto" hyperparameters', _job(report))
    print_advice(report.advice)


def _print_verdict(file_name: str, report: Report) -> None:
    count = len(report.errors) + len(report.validation.errors if report.validation else ())
    out.print(Text(printable(file_name), style="bold"), end=" ")
    if report.is_clean:
        out.print(
            worded("cli.files.valid_chats", "[bold green]is valid[/] for fine-tuning.")
            if report.method == Method.SUPERVISED
            else worded("cli.files.valid", "[bold green]is valid[/].")
        )
    elif count:
        out.print(
            worded(
                "cli.files.error_s_job_would",
                "[bold red]has {count:,} error(s)[/]; a job with it would fail.",
                count=count,
            )
        )
    else:
        out.print(
            worded(
                "cli.files.not_valid_job_would",
                "[bold red]is not valid[/]; a job with it would fail.",
            )
        )
    verdicts = [report.verdict, report.validation.verdict if report.validation else None]
    for verdict in verdicts:
        if verdict is not None:
            # The lines that follow the first are the errors, which come below.
            first = said_with(verdict.message, verdict.wording).partition("\n")[0]
            out.print(
                Padding(Text(f"{verdict.code}: {printable(first)}", style="red"), (0, 0, 0, 2))
            )


def _print_errors(which: str, errors: Sequence[FileError]) -> None:
    if not errors:
        return
    if not out.is_terminal:
        # For other programs: every error, without line wrapping.
        for error in errors:
            message = said_with(error.message, error.wording)
            print(f"{which}{error.line}\t{printable(message)}")
        return
    out.print()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 2))
    table.add_column(said(which) + named("line"), justify="right")
    table.add_column(named("error"), overflow="fold")
    table.add_column(named("cookbook check"), style="dim")
    for error in errors[:_MAX_ERRORS]:
        table.add_row(
            Text(str(error.line), style="red"),
            Text(printable(said_with(error.message, error.wording))),
            error.check,
        )
    out.print(table)
    if len(errors) > _MAX_ERRORS:
        out.print(
            worded(
                "cli.files.more_use_json_all",
                "  … and {errors:,} more; use --json for all of them.",
                errors=len(errors) - _MAX_ERRORS,
            )
        )


def _print_facts(title: str, facts: Sequence[Fact]) -> None:
    if not facts:
        return
    out.print(f"\n[bold]{named(title)}[/]")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(named(name)), Text(said(value)))
    out.print(table)


def _content(report: Report) -> list[Fact]:
    prompts, tools = report.system_prompts, report.tools
    facts = [
        ("examples", f"{report.examples:,}"),
        ("turns", f"{report.turns:,}"),
        (
            "system prompts",
            worded(
                "cli.files.prompts",
                "{distinct:,} different, {without:,} without",
                distinct=prompts.distinct,
                without=prompts.examples_without,
            ),
        ),
    ]
    if tools.examples_with_tools or tools.calls:
        declared = worded(
            "cli.files.tools",
            "{distinct:,} declared in {examples:,} example(s), {calls:,} call(s)",
            distinct=tools.distinct,
            examples=tools.examples_with_tools,
            calls=tools.calls,
        )
        facts.append(("tools", declared))
    if report.images.images:
        facts.append(("images", _images(report.images)))
    return facts


def _images(found: Illustrations) -> str:
    words = worded(
        "cli.files.count_in",
        "{count:,} in {examples:,} example(s)",
        count=found.images,
        examples=found.examples.count,
    )
    unseen = worded(
        "cli.files.unseen",
        "the tokens of {count:,} are not counted, a job reads them first",
        count=found.unseen.count,
    )
    return together((words, unseen), "; ") if found.unseen.count else words


def _tokens(report: Report) -> list[Fact]:
    tokens = report.tokens
    return [
        (
            "model",
            worded(
                "cli.files.model",
                "{model}, context of {context:,} tokens",
                model=report.model,
                context=report.context_length,
            ),
        ),
        ("total", _statistics(tokens.total)),
        ("trained", _statistics(tokens.trained)),
        *_rejected(report),
    ]


def _rejected(report: Report) -> Iterator[Fact]:
    if report.preferences is not None:
        yield "non-preferred", _statistics(report.preferences.non_preferred)


def _statistics(lengths: Lengths) -> str:
    return worded(
        "cli.files.statistics",
        "{total:,} total; per example: mean {mean:,.1f}, median {median:,.1f}, "
        "95th percentile {p95:,}, from {least:,} to {most:,}",
        total=lengths.total,
        mean=lengths.mean,
        median=lengths.median,
        p95=lengths.p95,
        least=lengths.min,
        most=lengths.max,
    )


def _print_histogram(lengths: Lengths) -> None:
    highest = max(bucket.examples for bucket in lengths.histogram)
    width = len(f"{lengths.histogram[-1].below:,}")
    out.print()
    for bucket in lengths.histogram:
        bar = "█" * round(_BAR_WIDTH * bucket.examples / highest)
        last = bucket.below - 1
        label = f"{bucket.at_least:>{width},} {named('to')} {last:>{width},}"
        out.print(f"  [dim]{label}[/]  [cyan]{bar}[/] {bucket.examples:,}", highlight=False)


def _findings(report: Report) -> list[Fact]:
    return [*_line_findings(report), *_leaks(report), *_personal(report), *_notes(report)]


def _line_findings(report: Report) -> Iterator[Fact]:
    tokens, tools = report.tokens, report.tools
    found = {
        "split by their answers": tokens.split.examples,
        "longer than the context": tokens.cut.examples,
        "no trained tokens": tokens.nothing_to_learn,
        "special tokens in text": report.special_tokens.lines,
        "undeclared tool calls": tools.undeclared,
        "arguments violate schema": tools.schema_breaks,
        "calls not allowed by tool_choice": tools.unheld,
        "answers in tool descriptions": tools.described_answers.lines,
        "refusals": report.refusals.lines,
        "empty completions": report.content.empty_answers,
        "empty user messages": report.content.empty_questions,
        "no user message": report.content.no_user_turn,
        "invalid JSON": report.content.broken_json,
        "tool calls as text": report.content.written_calls,
        "placeholders": report.content.placeholders,
        "wrong encoding": report.content.mojibake,
        "cut completions": report.content.cut_answers,
    }
    if report.preferences is not None:
        found |= {
            "identical outputs": report.preferences.same_answer,
            "longer output preferred": report.preferences.preferred_longer,
        }
    yield from ((name, _lines(lines)) for name, lines in found.items() if lines.count)
    groups = {
        "exact duplicates": report.duplicates.exact,
        "near duplicates": report.duplicates.near,
        "same prompt, other completion": report.duplicates.same_prompt,
    }
    yield from ((name, _groups(group)) for name, group in groups.items() if group.groups)


def _leaks(report: Report) -> Iterator[Fact]:
    if report.validation is None:
        return
    leakage = report.validation.leakage
    found = {
        "validation: also in training": leakage.exact,
        "validation: near-duplicate": leakage.near,
        "validation: same prompt": leakage.same_prompt,
        "validation: other completion": leakage.other_answer,
        "validation: label not in training": report.validation.labels.absent,
    }
    yield from ((name, _lines(lines)) for name, lines in found.items() if lines.count)


def _personal(report: Report) -> Iterator[Fact]:
    for shape in report.personal_data:
        yield (
            shape.kind,
            worded(
                "cli.files.count_in",
                "{count:,} in {examples:,} example(s)",
                count=shape.occurrences,
                examples=shape.examples,
            ),
        )


def _notes(report: Report) -> Iterator[Fact]:
    for note in report.tools.notes:
        line = worded("cli.files.line", "line {line}", line=note.line)
        yield said(line), _cell(said_with(note.message, note.wording))


def _answers(report: Report) -> list[Fact]:
    labels = report.labels
    shown = [
        (_cell(label.answer), f"{label.examples:,} ({label.share:.0%})")
        for label in labels[:_MAX_LABELS]
    ]
    more = len(labels) - len(shown)
    if not more:
        return shown
    rest = worded("cli.files.and_more", "and {more} more; use --json for all of them", more=more)
    return [*shown, ("…", rest)]


def _graded(report: Report) -> list[Fact]:
    return [
        (
            f"item.{_cell(value.name)}",
            together((", ".join(value.kinds), _missing(value.missing)), "; "),
        )
        for value in report.graded_values
    ]


def _missing(lines: Lines) -> str:
    if not lines.count:
        return ""
    return worded("cli.files.missing_in", "missing in {lines}", lines=_lines(lines))


def _job(report: Report) -> list[Fact]:
    job = report.job
    if job is None:
        return []
    if job.answers is not None:
        return [
            (
                "epochs",
                worded(
                    "cli.files.epochs_of_prompts",
                    "{epochs}, {batch} prompt(s) per step",
                    epochs=job.epochs,
                    batch=job.batch_size,
                ),
            ),
            ("steps", f"{job.steps:,}"),
            (
                "answers",
                worded("cli.files.answers", "{count:,} drawn and graded", count=job.answers),
            ),
        ]
    assert job.tokens is not None, "only of answers that are drawn they are not known"
    time = worded("cli.files.no_time", "unknown; use --tokens-per-second for an estimate")
    if job.seconds is not None and job.tokens_per_second is not None:
        time = worded(
            "cli.files.time",
            "about {time} at {speed:,.0f} tokens per second",
            time=_duration(job.seconds),
            speed=job.tokens_per_second,
        )
    return [
        (
            "epochs",
            worded(
                "cli.files.epochs",
                "{epochs}, {batch} example(s) per step",
                epochs=job.epochs,
                batch=job.batch_size,
            ),
        ),
        ("steps", f"{job.steps:,}"),
        ("tokens", f"{job.tokens:,}"),
        ("estimated time", time),
    ]


def _duration(seconds: float) -> Sentence:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return worded("cli.duration", "{n:.1f} {unit}", n=seconds / size, unit=unit)
    return worded("cli.seconds", "{n:.0f} seconds", n=seconds)


def _lines(lines: Lines) -> Sentence:
    return worded(
        "cli.files.lines",
        "{count:,} example(s): line {lines}",
        count=lines.count,
        lines=listed(lines.first, lines.count),
    )


def _groups(groups: LineGroups) -> Sentence:
    return worded(
        "cli.files.groups",
        "{count:,} example(s) in {groups:,} group(s), such as lines {lines}",
        count=groups.examples,
        groups=groups.groups,
        lines="; ".join(listed(group, len(group)) for group in groups.first[:3]),
    )


def _cell(text: str) -> str:
    return printable(text.replace("\n", " "))
