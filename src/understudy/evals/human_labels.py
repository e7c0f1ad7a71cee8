"""What people may write as the label of an answer that a grader judges too."""

from collections.abc import Mapping, Sequence
from typing import Any

PASS, FAIL = "pass", "fail"
_VERDICTS: Mapping[Any, str] = {True: PASS, False: FAIL, "true": PASS, "false": FAIL} | {
    PASS: PASS,
    FAIL: FAIL,
}


def are_labels_of(labels: Sequence[Any], own: Sequence[str]) -> bool:
    """Say whether people used a grader's own labels, and so for every answer."""
    return bool(own) and all(label in own for label in labels)


def verdict_of(label: object) -> str | None:
    """Return whether a label means that the answer passes; None for one that means neither."""
    folded = label.lower() if isinstance(label, str) else label
    # 1 and 0 equal true and false, but may be scores.
    return _VERDICTS.get(folded) if isinstance(folded, bool | str) else None


def refusal(place: str, label: object, own: Sequence[str]) -> str:
    """Return what is wrong with a label at some place, and what it can be."""
    choices = 'true, false, "pass" or "fail"' + (
        f", or with all items one of {', '.join(own)}" if own else ""
    )
    return f"The label {place} is {str(label)[:100]!r}; labels are {choices}."
