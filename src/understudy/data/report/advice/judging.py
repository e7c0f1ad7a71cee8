"""From a report to its advice: what is worth a sentence, and how urgent it is."""

from collections.abc import Iterator
from typing import Literal

from understudy.data.files.formats import Method
from understudy.data.report.advice.advice import Advice, Severity, Value
from understudy.data.report.advice.words import worded
from understudy.data.report.line_numbers import LineGroups, Lines
from understudy.data.report.report import Report

MIN_EXAMPLES = 10
GOOD_START = 50

# Above these shares of the examples, something is worth a sentence, or a more urgent one.
_MANY_REPEATED = 0.05
_MANY_REFUSALS = 0.1
_LARGEST_LABEL = 0.8
_MOSTLY_LONGER = 0.8
_MANY_DESCRIBED = 0.5

_SECRETS = frozenset({"private key", "API key", "web token (JWT)", "password"})

_MUST, _LOOK, _INFO = Severity.MUST_MEND, Severity.LOOK_AT, Severity.FOR_INFORMATION
_URGENCY = tuple(Severity)


def advise(report: Report) -> tuple[Advice, ...]:
    """Return the advice that applies, the most urgent first."""
    found = [
        *_about_size(report),
        *_about_answers(report),
        *_about_questions(report),
        *_about_tools(report),
        *_about_repeats(report),
        *_about_personal_data(report),
        *_about_text_marks(report),
        *_about_pairs(report),
        *_about_graded_values(report),
        *_about_validation(report),
    ]
    return tuple(sorted(found, key=lambda advice: _URGENCY.index(advice.severity)))


def _whole(code: str, severity: Severity, **parameters: Value) -> Advice:
    """Make advice about the file as a whole."""
    return Advice(
        code=code,
        severity=severity,
        file="training",
        lines=None,
        groups=None,
        parameters=parameters,
        text=worded(code, parameters),
    )


def _of_lines(
    code: str,
    severity: Severity,
    lines: Lines,
    file: Literal["training", "validation"] = "training",
    **parameters: Value,
) -> Iterator[Advice]:
    """Make advice about some lines, or none where there are none."""
    if not lines.count:
        return
    all_parameters: dict[str, Value] = {"count": lines.count, **parameters}
    yield Advice(
        code=code,
        severity=severity,
        file=file,
        lines=lines,
        groups=None,
        parameters=all_parameters,
        text=worded(code, all_parameters),
    )


def _of_groups(code: str, severity: Severity, groups: LineGroups, **parameters: Value) -> Advice:
    """Make advice about lines that belong together."""
    all_parameters: dict[str, Value] = {
        "count": groups.examples,
        "groups": groups.groups,
        **parameters,
    }
    return Advice(
        code=code,
        severity=severity,
        file="training",
        lines=None,
        groups=groups,
        parameters=all_parameters,
        text=worded(code, all_parameters),
    )


def _about_size(report: Report) -> Iterator[Advice]:
    if report.examples < MIN_EXAMPLES:
        yield _whole("too_few_examples", _MUST, needed=MIN_EXAMPLES, count=report.examples)
    if report.examples < GOOD_START:
        yield _whole("start_with_fifty", _INFO, good_start=GOOD_START)
    else:
        yield _whole("measure_more_data", _INFO)
    split = report.tokens.split
    yield from _of_lines("split_examples", _INFO, split.examples, rows=split.rows)
    cut = report.tokens.cut
    yield from _of_lines(
        "cut_examples",
        _LOOK,
        cut.examples,
        context_length=report.context_length,
        trained_tokens=cut.trained_tokens,
    )
    yield from _of_lines("nothing_to_learn", _LOOK, report.tokens.nothing_to_learn)


def _about_answers(report: Report) -> Iterator[Advice]:
    content = report.content
    yield from _of_lines("empty_answers", _MUST, content.empty_answers)
    yield from _of_lines("broken_json", _MUST, content.broken_json)
    yield from _of_lines("mojibake", _MUST, content.mojibake)
    yield from _of_lines("placeholders", _LOOK, content.placeholders)
    yield from _of_lines("cut_answers", _LOOK, content.cut_answers)
    if report.refusals.share > _MANY_REFUSALS:
        percent = round(100 * report.refusals.share)
        yield from _of_lines("refusals", _LOOK, report.refusals.lines, percent=percent)
    if report.label_spellings:
        yield _spellings(report)
    if report.labels and report.labels[0].share > _LARGEST_LABEL:
        largest = report.labels[0]
        percent = round(100 * largest.share)
        yield _whole("label_imbalance", _LOOK, percent=percent, label=repr(largest.answer))


def _spellings(report: Report) -> Advice:
    first = report.label_spellings[0]
    groups = LineGroups(
        groups=len(report.label_spellings),
        examples=sum(each.lines.count for each in report.label_spellings),
        first=tuple(each.lines.first for each in report.label_spellings),
    )
    return _of_groups(
        "label_spellings",
        _MUST,
        groups,
        labels=len(report.label_spellings),
        examples=first.spellings,
    )


def _about_questions(report: Report) -> Iterator[Advice]:
    yield from _of_lines("empty_questions", _LOOK, report.content.empty_questions)
    yield from _of_lines("no_user_turn", _LOOK, report.content.no_user_turn)
    yield from _of_lines("special_tokens", _LOOK, report.special_tokens.lines)
    without = report.system_prompts.without
    if report.system_prompts.distinct:
        yield from _of_lines("mixed_system_prompts", _LOOK, without)


def _about_tools(report: Report) -> Iterator[Advice]:
    tools = report.tools
    yield from _of_lines("undeclared_tools", _MUST, tools.undeclared)
    yield from _of_lines("schema_breaks", _MUST, tools.schema_breaks)
    written = _MUST if tools.distinct else _LOOK
    yield from _of_lines("written_calls", written, report.content.written_calls)
    yield from _of_lines("unheld_calls", _LOOK, tools.unheld)
    described = tools.described_answers
    is_usual = described.lines.count > _MANY_DESCRIBED * tools.examples_with_tools
    yield from _of_lines(
        "described_answers",
        _MUST if is_usual else _LOOK,
        described.lines,
        parameter=described.parameter or "",
        value=described.value or "",
    )


def _about_repeats(report: Report) -> Iterator[Advice]:
    found = report.duplicates
    if found.same_prompt.groups:
        code, severity = ("label_conflicts", _MUST) if report.labels else ("same_prompt", _LOOK)
        yield _of_groups(code, severity, found.same_prompt)
    for code, groups in (("exact_duplicates", found.exact), ("near_duplicates", found.near)):
        repeated = groups.examples - groups.groups
        if repeated:
            severity = _LOOK if repeated > _MANY_REPEATED * report.examples else _INFO
            yield _of_groups(code, severity, groups, repeated=repeated)


def _about_personal_data(report: Report) -> Iterator[Advice]:
    for shape in report.personal_data:
        if shape.kind in _SECRETS:
            yield from _of_lines("secret", _MUST, shape.lines, kind=shape.kind)
        else:
            yield from _of_lines("personal_data", _LOOK, shape.lines, kind=shape.kind)


def _about_text_marks(report: Report) -> Iterator[Advice]:
    marks = report.text_marks
    if marks is None:
        return
    if marks.separator is None:
        yield _whole("no_separator", _LOOK)
    # A label is asked for with as many tokens as it has.
    if marks.stop_mark is None and not report.labels:
        yield _whole("no_stop_mark", _LOOK)
    yield from _of_lines("unspaced_completions", _LOOK, marks.unspaced)


def _about_pairs(report: Report) -> Iterator[Advice]:
    pairs = report.preferences
    if pairs is None:
        return
    yield from _of_lines("same_answer_twice", _LOOK, pairs.same_answer)
    if pairs.preferred_longer.count > _MOSTLY_LONGER * report.examples:
        percent = round(100 * pairs.preferred_longer.count / report.examples)
        yield _whole("longer_preferred", _LOOK, percent=percent)


def _about_graded_values(report: Report) -> Iterator[Advice]:
    if report.method != Method.REINFORCEMENT:
        return
    if not report.graded_values:
        yield _whole("no_graded_values", _LOOK)
    # A key that most lines lack is one that some have besides.
    usual = [value for value in report.graded_values if 2 * value.missing.count <= report.examples]
    for value in usual:
        yield from _of_lines("missing_graded_value", _LOOK, value.missing, name=value.name)


def _about_validation(report: Report) -> Iterator[Advice]:
    validation = report.validation
    if validation is None:
        is_needed = report.method == Method.REINFORCEMENT
        yield (
            _whole("needs_validation", _MUST) if is_needed else _whole("no_validation_file", _INFO)
        )
        return
    leakage, labels = validation.leakage, validation.labels
    sure = _MUST if report.labels else _LOOK
    for code, severity, lines in (
        ("validation_repeats", _MUST, leakage.exact),
        ("validation_nearly_repeats", _LOOK, leakage.near),
        ("validation_other_answers", sure, leakage.other_answer),
        ("validation_absent_labels", _MUST, labels.absent),
        ("validation_label_spellings", _MUST, labels.other_spelling),
    ):
        yield from _of_lines(code, severity, lines, "validation")
