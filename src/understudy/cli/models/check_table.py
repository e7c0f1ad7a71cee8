"""Prints what changed in each category of a safety check, with the interval of the change."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.cli.console import out, print_rows
from understudy.wording import worded

NOT_EVALUATED = "not evaluated"
_COLUMNS = ("category", "flagged", "change", "declined by rules", "change", "of")


def print_changes(results: Sequence[Mapping[str, Any]]) -> None:
    """Print a row a category: counts of base and tuned model, and the change in points."""
    print_rows(
        _COLUMNS,
        [_row(each) for each in results],
        empty=worded("cli.models.no_probes", "No probes."),
    )
    out.print(
        worded(
            "cli.models.base_tuned_changes_percentage",
            "Base → tuned. Changes in percentage points, with their 95 % intervals.",
        )
    )


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    failed, declined = result["failed"], result["declined"]
    flagged = (NOT_EVALUATED, "") if failed is None else _both(failed)
    return (result["category"], *flagged, *_both(declined), str(result["n"]))


def _both(change: Mapping[str, Any]) -> tuple[str, str]:
    counts = f"{change['base']['passed']} → {change['tuned']['passed']}"
    points = f"{100 * change['difference']:+.0f}"
    interval = change["difference_interval"]
    if interval is None:
        return counts, points
    return counts, f"{points} ({100 * interval['low']:+.0f} to {100 * interval['high']:+.0f})"
