"""Compares runs of an eval and prints what that shows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from understudy.cli.client import api_client
from understudy.cli.console import out, print_rows
from understudy.cli.evals.api import Json, find_run, get
from understudy.cli.evals.verdicts import verdict_said
from understudy.cli.language import named
from understudy.errors import InvalidRequestError
from understudy.ids import criterion_name
from understudy.wording import worded

Margin = Annotated[
    float,
    typer.Option(min=0.001, max=0.99, help="Change of the pass rate below which there is none."),
]
Common = Annotated[
    bool, typer.Option("--common", help="Compare only the items that both runs have.")
]
Cluster = Annotated[
    str | None,
    typer.Option(help="Field of a row by which rows are not independent, such as item.document."),
]
EveryPair = Annotated[
    bool, typer.Option("--every-pair", help="Compare each run with each, not only with the first.")
]


def compare_and_print(
    run_ids: Sequence[str], wish: Mapping[str, Any], *, every_pair: bool, as_json: bool
) -> None:
    """Compare two runs in full, or several in a table; raises InvalidRequestError."""
    with api_client() as client:
        evals = {find_run(client, run_id)["eval_id"] for run_id in run_ids}
        if len(evals) > 1:
            raise InvalidRequestError(
                worded(
                    "cli.evals.runs_belong_different_evals",
                    "The runs belong to different evals; choose runs of the same eval.",
                )
            )
        path = f"/x/evals/{evals.pop()}"
        if len(run_ids) == 2:
            base, candidate = run_ids
            found = get(client, f"{path}/compare", base=base, candidate=candidate, **wish)
        else:
            runs = ",".join(run_ids)
            found = get(
                client, f"{path}/comparisons", runs=runs, every_pair=every_pair or None, **wish
            )
    if as_json:
        out.print_json(data=found)
    elif len(run_ids) == 2:
        print_comparison(found)
    else:
        print_comparisons(found)


def print_comparisons(found: Json) -> None:
    """Print the verdicts on several runs."""
    runs = {run["run_id"]: run for run in found["runs"]}
    rows = [(run["run_id"], run["model"] or "-", _rate(run["passing"])) for run in found["runs"]]
    print_rows(("run", "model", "passed"), rows, empty="")
    out.print()
    rows = [
        (
            runs[pair["candidate_run_id"]]["name"],
            runs[pair["base_run_id"]]["name"],
            *_change(pair["overall"])[2:],
            named(str(pair["verdict"]).replace("_", " ")),
        )
        for pair in found["comparisons"]
    ]
    print_rows(("candidate", "baseline", "difference", "adjusted p", "verdict"), rows, empty="")
    out.print()
    for pair in found["comparisons"]:
        name = runs[pair["candidate_run_id"]]["name"]
        out.print(f"{name}: {verdict_said(pair)}", markup=False, soft_wrap=True)


def print_comparison(found: Json) -> None:
    """Print the pass rates, the test results and the verdict."""
    overall = found["overall"]
    flips = overall["flips"]
    rows = [(named("all criteria"), *_change(overall))]
    rows += [
        (criterion_name(c["testing_criteria"]), *_change(c["passing"])) for c in found["criteria"]
    ]
    print_rows(("", "baseline", "candidate", "difference", "adjusted p"), rows, empty="")
    out.print()
    print_rows(
        ("", "candidate passed", "candidate failed"),
        [
            ("baseline passed", str(flips["both"]), str(flips["regressed"])),
            ("baseline failed", str(flips["improved"]), str(flips["neither"])),
        ],
        empty="",
    )
    out.print()
    out.print(verdict_said(found), markup=False, soft_wrap=True, style="bold")


def _change(change: Json) -> tuple[str, str, str, str]:
    difference = f"{100 * change['difference']:+.1f}"
    if (interval := change["interval"]) is not None:
        low, high = (100 * interval[end] for end in ("low", "high"))
        difference += f" ({low:+.1f} {named('to')} {high:+.1f})"
    p_value = f"{change['adjusted_p_value']:.2g}"
    return _rate(change["base"]), _rate(change["candidate"]), difference, p_value


def _rate(rate: Any) -> str:
    return worded(
        "cli.evals.rate", "{rate:.1f} % of {total}", rate=100 * rate["rate"], total=rate["total"]
    )
