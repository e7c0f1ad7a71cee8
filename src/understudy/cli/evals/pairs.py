"""Prints the preference pairs that runs make."""

from rich.text import Text

from understudy.cli.console import out, print_rows, printable
from understudy.cli.evals.api import Json
from understudy.wording import worded


def print_pairs(found: Json) -> None:
    """Print how many pairs there are, what became of the rest, and a few of them."""
    rows = [
        ("prompts", str(found["prompts"])),
        ("pairs", str(found["pairs"])),
        ("one answer only", str(found["single_answer"])),
        ("scores too close", str(found["too_close"])),
        *((f"left out: {reason}", str(count)) for reason, count in found["left_out"].items()),
        ("preferred is longer", f"{found['preferred_longer']} of {found['pairs']} pairs"),
    ]
    print_rows(("", ""), rows, empty="")
    for pair in found["samples"]:
        out.print()
        for name in ("preferred", "non_preferred"):
            shown = f"{name.replace('_', '-'):14}{pair[f'{name}_score']:.3f}  "
            out.print(Text(shown + printable(pair[name])), soft_wrap=True)
    if found["file_id"] is not None:
        out.print()
        out.print(
            worded(
                "cli.evals.created",
                "Created {file_id}.",
                file_id=found["file_id"],
            )
        )
