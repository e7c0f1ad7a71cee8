"""A comparison in words: each statement with a code and its numbers, for those who word it anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.evals.verdict.changes import Change
from understudy.evals.verdict.joint_tests import JudgedChange, Verdict
from understudy.evals.verdict.measures import Kind, Measure
from understudy.evals.verdict.pairing import Pairing
from understudy.evals.verdict.power import Plan
from understudy.evals.verdict.statistics import Interval
from understudy.evals.verdict.wording import items, p_text, percent, points, signed, signed_points

_ID_LENGTH = 37


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One sentence."""

    code: str
    """What kind of sentence: `better`, `worse`, `mixed`, `no_change`, `too_few_items`, …"""
    values: Mapping[str, Any]
    """The numbers and names in it."""
    text: str
    """In English."""


def statements_of(
    verdict: Verdict,
    tests: Sequence[JudgedChange],
    pairing: Pairing,
    *,
    margin: float,
    clusters: int,
    plan: Plan | None,
) -> tuple[Statement, ...]:
    """Return the verdict's statement and those on what it rests on.

    `tests` are those that decide, passing by all criteria first.
    """
    passing = tests[0].change
    first = _of_verdict(verdict, tests, margin, plan)
    notes = [_errors(passing) if first.code != "errors_could_explain" else None]
    if pairing.only_base or pairing.only_candidate:
        notes.append(_common(pairing))
    if clusters:
        notes.append(_clusters(clusters, len(pairing.items)))
    if max(pairing.base_answers, pairing.candidate_answers) > len(pairing.items):
        notes.append(_averaged(pairing))
    return (first, *(note for note in notes if note is not None))


def name_of(measure: Measure) -> str | None:
    """Return the name of a measure's criterion; None for all together."""
    id_ = measure.criterion
    return id_[:-_ID_LENGTH] if id_ is not None and len(id_) > _ID_LENGTH else id_


def _of_verdict(
    verdict: Verdict, tests: Sequence[JudgedChange], margin: float, plan: Plan | None
) -> Statement:
    passing = tests[0]
    match verdict:
        case Verdict.BETTER | Verdict.WORSE:
            return _changed(verdict, _leading([test for test in tests if test.is_proved]))
        case Verdict.MIXED:
            return _mixed([test for test in tests if test.is_proved])
        case Verdict.NO_CHANGE:
            return _no_change(passing.change, margin)
        case Verdict.CANNOT_TELL:
            return _cannot_tell(tests, plan, margin)


def _leading(tests: Sequence[JudgedChange]) -> JudgedChange:
    """Return the test to speak of: passing by all criteria, else the clearest."""
    of_all = [test for test in tests if test.change.measure.criterion is None]
    return of_all[0] if of_all else min(tests, key=lambda test: test.robust_p)


def _changed(verdict: Verdict, test: JudgedChange) -> Statement:
    change = test.change
    values = {**_numbers(change), "p_value": test.adjusted_p, "tests": test.family}
    by = _by(change.measure)
    text = (
        f"The candidate is {verdict}{f' by {by}' if by else ''}: {_before_after(change)}, a "
        f"difference of {_amount(change, change.found.mean)}{_unit(change)} "
        f"({_interval(change, change.found.interval)}{_p(test)}, {items(change.items)})."
    )
    return Statement(code=verdict.value, values=values, text=text)


def _mixed(tests: Sequence[JudgedChange]) -> Statement:
    sides = {
        "better": [test for test in tests if test.is_gain],
        "worse": [test for test in tests if not test.is_gain],
    }
    said = [
        f"{word} by "
        + ", ".join(
            f"{_by(test.change.measure) or 'all criteria together'} "
            f"({_amount(test.change, test.change.found.mean)}{_unit(test.change)}, {_p(test)})"
            for test in found
        )
        for word, found in sides.items()
    ]
    values = {
        word: [
            {**_numbers(test.change), "p_value": test.adjusted_p, "tests": test.family}
            for test in found
        ]
        for word, found in sides.items()
    }
    text = f"The candidate is {' and '.join(said)}."
    return Statement(code=Verdict.MIXED.value, values=values, text=text)


def _no_change(change: Change, margin: float) -> Statement:
    text = (
        f"No change larger than {points(margin)} points: {_before_after(change)}, a difference of "
        f"{signed_points(change.found.mean)} points "
        f"({_interval(change, change.bounds)}{items(change.items)})."
    )
    values = {**_numbers(change), "margin": margin}
    if change.bounds is not None:
        values |= change.bounds._asdict()
    return Statement(code=Verdict.NO_CHANGE.value, values=values, text=text)


def _cannot_tell(tests: Sequence[JudgedChange], plan: Plan | None, margin: float) -> Statement:
    passing = tests[0].change
    if all(test.change.items == 0 for test in tests):
        return Statement(
            code="nothing_judged",
            values={},
            text="Cannot tell: there is no item that both runs could judge.",
        )
    doubtful = [test for test in tests if test.is_seen and not test.is_proved]
    known = [test for test in doubtful if not test.change.is_mostly_unknown]
    if known or (not doubtful and _is_small_but_for_errors(passing, margin)):
        return _errors_could_explain(min(known or tests[:1], key=lambda test: test.adjusted_p))
    if doubtful or passing.is_mostly_unknown:
        values = {"items": passing.items, "total": passing.total}
        text = (
            f"Cannot tell: of {items(passing.total)}, {passing.errors.both:,} errored in both runs."
        )
        return Statement(code="mostly_errors", values=values, text=text)
    return _too_few_items(tests[0], plan)


def _is_small_but_for_errors(change: Change, margin: float) -> bool:
    interval = change.found.interval
    return (
        change.worst is not None
        and interval is not None
        and -margin < interval.low
        and interval.high < margin
    )


def _errors_could_explain(test: JudgedChange) -> Statement:
    change = test.change
    worst = _worst(change)
    by = _by(change.measure)
    errored = items(change.errors.base + change.errors.candidate - change.errors.both)
    text = (
        f"Cannot tell because of errors: without the {errored} that errored it would be "
        f"{_before_after(change)}{f' by {by}' if by else ''} ({_p(test)}), but had they been "
        f"judged, the difference could be anything from {_amount(change, worst.low)} to "
        f"{_amount(change, worst.high)}{_unit(change)}."
    )
    values = {
        **_numbers(change),
        "p_value": test.adjusted_p,
        "tests": test.family,
        "errored": change.errors.base + change.errors.candidate - change.errors.both,
        "worst_low": worst.low,
        "worst_high": worst.high,
    }
    return Statement(code="errors_could_explain", values=values, text=text)


def _too_few_items(test: JudgedChange, plan: Plan | None) -> Statement:
    change = test.change
    advice = ""
    if plan is not None:
        advice = (
            f": about {plan.items:,} would be needed to see a {points(plan.difference)}-point "
            "change"
        )
    text = f"Cannot tell with {items(change.items)} ({_before_after(change)}, {_p(test)}){advice}."
    values = {
        **_numbers(change),
        "p_value": test.adjusted_p,
        "tests": test.family,
        "needed": None if plan is None else plan.items,
        "detectable": None if plan is None else plan.difference,
    }
    return Statement(code="too_few_items", values=values, text=text)


def _errors(change: Change) -> Statement | None:
    if change.worst is None:
        return None
    worst = _worst(change)
    errors = change.errors
    text = (
        f"Errored: {items(errors.base)} in the base run and {errors.candidate:,} in the candidate, "
        f"{errors.both:,} of them in both and left out; the others could make the difference "
        f"anything from {signed_points(worst.low)} to {signed_points(worst.high)} points."
    )
    values = {**errors._asdict(), "worst_low": worst.low, "worst_high": worst.high}
    return Statement(code="errors", values=values, text=text)


def _common(pairing: Pairing) -> Statement:
    count = len(pairing.items)
    text = (
        f"Compared on the {items(count)} that both runs have; {pairing.only_base:,} are only in "
        f"the base run and {pairing.only_candidate:,} only in the candidate."
    )
    values = {
        "items": count,
        "only_base": pairing.only_base,
        "only_candidate": pairing.only_candidate,
    }
    return Statement(code="common_part", values=values, text=text)


def _clusters(clusters: int, count: int) -> Statement:
    text = f"The {items(count)} count as {clusters:,} independent clusters."
    return Statement(code="clusters", values={"clusters": clusters, "items": count}, text=text)


def _averaged(pairing: Pairing) -> Statement:
    values = {
        "items": len(pairing.items),
        "base": pairing.base_answers,
        "candidate": pairing.candidate_answers,
    }
    text = (
        f"Answers to the same item are averaged: {pairing.base_answers:,} of the base and "
        f"{pairing.candidate_answers:,} of the candidate to {items(len(pairing.items))}."
    )
    return Statement(code="averaged", values=values, text=text)


def _numbers(change: Change) -> dict[str, Any]:
    interval = change.found.interval
    return {
        "kind": change.measure.kind.value,
        "criterion": name_of(change.measure),
        "base": change.base_mean,
        "candidate": change.candidate_mean,
        "difference": change.found.mean,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "items": change.items,
    }


def _worst(change: Change) -> Interval:
    assert change.worst is not None, "asked for only where there are errors"
    return Interval(change.worst.low.mean, change.worst.high.mean)


def _by(measure: Measure) -> str:
    name = name_of(measure)
    if name is None:
        return ""
    return f"'{name}'" if measure.kind is Kind.PASSING else f"the score of '{name}'"


def _before_after(change: Change) -> str:
    if change.measure.kind is Kind.SCORE:
        return f"{change.base_mean:.3f} before, {change.candidate_mean:.3f} after"
    return f"{percent(change.base_mean)} before, {percent(change.candidate_mean)} after"


def _amount(change: Change, value: float) -> str:
    return signed(value) if change.measure.kind is Kind.SCORE else signed_points(value)


def _unit(change: Change) -> str:
    return "" if change.measure.kind is Kind.SCORE else " points"


def _interval(change: Change, interval: Interval | None) -> str:
    if interval is None:
        return ""
    low, high = (_amount(change, bound) for bound in interval)
    return f"95 % interval {low} to {high}, "


def _p(test: JudgedChange) -> str:
    corrected = f" corrected for {test.family} tests" if test.family > 1 else ""
    return f"p {p_text(test.adjusted_p)}{corrected}"
