"""`understudy jobs screening`: what was found in a training file, marked, and continued."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import out, print_rows, printable

_PAGE = 200
_STATUS = {
    "not_screened": "Not screened",
    "screening": "Being screened",
    "screened": "Screened",
    "incomplete": "Not screened in full",
}
JobId = Annotated[str, typer.Argument(help="Job ID, such as ftjob-…", metavar="JOB_ID")]
Lines = Annotated[str | None, typer.Option(help="Line numbers such as 4,13.", metavar="LINES")]


def screening(
    job_id: JobId,
    mark: Lines = None,
    unmark: Lines = None,
    continue_job: Annotated[
        bool, typer.Option("--continue", help="Create the job again that its screening ended.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write all flagged lines to this file, as JSONL.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show how the training file of a job was screened, and mark lines as false positives."""
    path = f"/x/fine_tuning/jobs/{job_id}/screening"
    with api_client() as client:
        for lines, is_false in ((mark, True), (unmark, False)):
            if lines is not None:
                body = {"lines": _numbers(lines), "is_false_positive": is_false}
                client.post(f"{path}/marks", body=body, cast_to=object)
        if output is not None:
            output.write_text(client.get(f"{path}/lines", cast_to=str), encoding="utf-8")
            out.print(f"Flagged lines are in {output}.", markup=False, soft_wrap=True)
            return
        if continue_job:
            made = cast("Mapping[str, Any]", client.post(f"{path}/continue", cast_to=object))
            out.print(f"{made['id']} is {made['status']}.")
            return
        found = _whole(client, path)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)


def _whole(client: OpenAI, path: str) -> Mapping[str, Any]:
    """Fetch a screening with the first flagged lines."""
    found = client.get(path, cast_to=object, options={"params": {"limit": _PAGE}})
    return cast("Mapping[str, Any]", found)


def _numbers(lines: str) -> list[int]:
    try:
        return [int(number) for number in lines.split(",")]
    except ValueError:
        raise typer.BadParameter("give line numbers such as 4,13") from None


def _print(found: Mapping[str, Any]) -> None:
    of = f" by {found['moderator']}" if found["moderator"] else ""
    reason = f": {found['reason']}" if found["reason"] else ""
    out.print(f"{_STATUS[found['status']]}{of}{reason}.", markup=False, soft_wrap=True)
    if found["moderator"]:
        out.print(
            f"{found['lines_screened']:,} of {found['lines_total']:,} lines were judged, "
            f"{found['lines_flagged']:,} flagged, {found['lines_marked']:,} of these marked as "
            "false positives.",
            soft_wrap=True,
        )
    if found["not_evaluated"]:
        out.print(f"It cannot judge {', '.join(found['not_evaluated'])}.", soft_wrap=True)
    rows = [
        (
            str(line["line"]),
            line["category"],
            "-" if line["score"] is None else f"{line['score']:.2f}",
            "false positive" if line["is_false_positive"] else "",
            printable(line["excerpt"]),
        )
        for line in found["data"]
    ]
    if rows or found["moderator"]:
        print_rows(
            ("line", "category", "score", "mark", "excerpt"), rows, empty="No line is flagged."
        )
    if found["has_more"]:
        out.print("There are more: --output FILE writes all of them.")
