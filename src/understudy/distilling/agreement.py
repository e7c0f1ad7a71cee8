"""How often two models say the same: whole answers, labels, JSON field by field, tool calls."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from understudy.evals.verdict.statistics import Interval, mcnemar_p, wilson_interval

_MAX_LABEL_CHARACTERS = 80
_MISSING = object()

WHOLE = "whole answer"
LABEL = "label"
FIELDS = "JSON fields"
FUNCTIONS = "functions called"
CALLS = "calls with arguments"
_FIELD = "field "


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one model answered."""

    text: str
    calls: Sequence[tuple[str, str]] = ()
    """Names and arguments, the arguments as they were written."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One held-out question: what the old model answered, and what base and student do."""

    question: str
    teacher: Answer
    base: Answer
    student: Answer


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How often base and student say what the teacher said, in one respect."""

    name: str
    total: int
    base: int
    student: int
    p_value: float | None
    """McNemar's, of student against base; None for fields, of which one answer has several."""

    @property
    def interval(self) -> Interval:
        """Where the student's true rate lies."""
        return wilson_interval(self.student, self.total)


def agreements(compared: Sequence[Compared]) -> list[Agreement]:
    """Return the agreement in each respect in which the teacher's answers can be compared."""
    found = [_agreement(WHOLE, compared, _is_same)]
    plain = [each for each in compared if not each.teacher.calls]
    if plain and all(_is_label(each.teacher.text) for each in plain):
        found.append(_agreement(LABEL, plain, _is_same_label))
    found += _fields([each for each in plain if _json_object(each.teacher.text) is not None])
    calling = [each for each in compared if each.teacher.calls]
    if calling:
        found.append(_agreement(FUNCTIONS, calling, _is_same_functions))
        found.append(_agreement(CALLS, calling, _is_same_calls))
    return found


def respects(reference: Answer, other: Answer) -> dict[str, bool]:
    """Return in which respects one answer can be compared with another, and whether it is it."""
    found = {WHOLE: _is_same(reference, other)}
    if reference.calls:
        found[FUNCTIONS] = _is_same_functions(reference, other)
        found[CALLS] = _is_same_calls(reference, other)
        return found
    if _is_label(reference.text):
        found[LABEL] = _is_same_label(reference, other)
    wanted, given = _leaves(_json_object(reference.text)), _leaves(_json_object(other.text))
    for path in wanted:
        found[f"{_FIELD}{path}"] = _is_equal(given.get(path, _MISSING), wanted[path])
    return found


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often one model says what another says, in one respect."""

    name: str
    total: int
    same: int

    @property
    def interval(self) -> Interval:
        """Where the true rate lies."""
        return wilson_interval(self.same, self.total)


def rates(compared: Sequence[Mapping[str, bool]]) -> list[Rate]:
    """Return the agreement over many `respects`, in the order of `agreements`.

    As there, labels count only where every answer without calls is one.
    """
    counts: dict[str, list[bool]] = {}
    for each in compared:
        for name, is_same in each.items():
            counts.setdefault(name, []).append(is_same)
    plain = sum(FUNCTIONS not in each for each in compared)
    if LABEL in counts and len(counts[LABEL]) < plain:
        del counts[LABEL]
    fields = sorted(name for name in counts if name.startswith(_FIELD))
    if fields:
        counts[FIELDS] = [same for name in fields for same in counts[name]]
    order = [WHOLE, LABEL, FIELDS, *fields, FUNCTIONS, CALLS]
    return [
        Rate(name=name, total=len(counts[name]), same=sum(counts[name]))
        for name in order
        if name in counts
    ]


def disagreements(compared: Sequence[Compared]) -> list[Compared]:
    """Return the questions to which the student answers something else."""
    return [each for each in compared if not _is_same(each.teacher, each.student)]


_Same = Callable[[Answer, Answer], bool]


def _agreement(name: str, compared: Sequence[Compared], same: _Same) -> Agreement:
    base = [same(each.teacher, each.base) for each in compared]
    student = [same(each.teacher, each.student) for each in compared]
    pairs = list(zip(base, student, strict=True))
    return Agreement(
        name=name,
        total=len(compared),
        base=sum(base),
        student=sum(student),
        p_value=mcnemar_p(pairs.count((False, True)), pairs.count((True, False))),
    )


def _fields(compared: Sequence[Compared]) -> list[Agreement]:
    """Return the agreement of all fields together and of each one, by its path."""
    counts: dict[str, list[int]] = {}
    for each in compared:
        teacher, base, student = (
            _leaves(_json_object(answer.text)) for answer in (each.teacher, each.base, each.student)
        )
        for path in teacher:
            count = counts.setdefault(path, [0, 0, 0])
            count[0] += 1
            count[1] += _is_equal(base.get(path, _MISSING), teacher[path])
            count[2] += _is_equal(student.get(path, _MISSING), teacher[path])
    found = [
        Agreement(name=f"{_FIELD}{path}", total=total, base=base, student=student, p_value=None)
        for path, (total, base, student) in sorted(counts.items())
    ]
    if not found:
        return []
    whole = Agreement(
        name=FIELDS,
        total=sum(each.total for each in found),
        base=sum(each.base for each in found),
        student=sum(each.student for each in found),
        p_value=None,
    )
    return [whole, *found]


def _is_same(one: Answer, other: Answer) -> bool:
    if _calls(one) != _calls(other):
        return False
    first, second = _json_object(one.text), _json_object(other.text)
    if first is not None and second is not None:
        return _is_equal(first, second)
    return one.text.strip() == other.text.strip()


def _is_same_label(one: Answer, other: Answer) -> bool:
    return not other.calls and _label(one.text) == _label(other.text)


def _is_same_functions(one: Answer, other: Answer) -> bool:
    return sorted(name for name, _ in one.calls) == sorted(name for name, _ in other.calls)


def _is_same_calls(one: Answer, other: Answer) -> bool:
    return _calls(one) == _calls(other)


def _calls(answer: Answer) -> list[tuple[str, str]]:
    return sorted((name, _canonical(arguments)) for name, arguments in answer.calls)


def _canonical(arguments: str) -> str:
    """Return arguments in one way of writing; what is no JSON agrees only with itself."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _is_label(text: str) -> bool:
    stripped = text.strip()
    is_short = 0 < len(stripped) <= _MAX_LABEL_CHARACTERS and "\n" not in stripped
    return is_short and _json_object(text) is None


def _label(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!\"'`*")


def _json_object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else None


def _leaves(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of an object by their paths; a list is one field."""
    return dict(_walk("", value)) if value is not None else {}


def _walk(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if isinstance(inner, Mapping) and inner:
            yield from _walk(here, cast("Mapping[str, Any]", inner))
        else:
            yield here, inner


def _is_equal(one: object, other: object) -> bool:
    # Python takes 1 and True for the same; JSON does not.
    if one is _MISSING or other is _MISSING:
        return False
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
