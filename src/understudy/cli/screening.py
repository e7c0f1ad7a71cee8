"""`understudy jobs screening`: what was found in a training file, marked, and continued."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import out, print_rows, printable
from understudy.wording import stored_sentence, worded

_PAGE = 200
_STATUS = {
    "not_screened": worded("cli.screening.not_screened", "Not screened"),
    "screening": worded("cli.screening.screening", "Being screened"),
    "screened": worded("cli.screening.screened", "Screened"),
    "incomplete": worded("cli.screening.incomplete", "Not screened in full"),
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
            out.print(
                worded(
                    "cli.screening.flagged_lines",
                    "Flagged lines are in {output}.",
                    output=output,
                ),
                markup=False,
                soft_wrap=True,
            )
            return
        if continue_job:
            made = cast("Mapping[str, Any]", client.post(f"{path}/continue", cast_to=object))
            out.print(
                worded(
                    "cli.state",
                    "{id} is {status}.",
                    id=made["id"],
                    status=made["status"],
                )
            )
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
    status = _STATUS[found["status"]]
    if found["moderator"]:
        status = worded(
            "cli.screening.by",
            "{status} by {moderator}",
            status=status,
            moderator=found["moderator"],
        )
    if found["reason"]:
        reason = stored_sentence(found["reason"], found.get("reason_wording"))
        status = worded("cli.screening.because", "{status}: {reason}", status=status, reason=reason)
    out.print(worded("cli.sentence", "{said}.", said=status), markup=False, soft_wrap=True)
    if found["moderator"]:
        out.print(
            worded(
                "cli.screening.lines_judged_flagged_these",
                "{lines_screened:,} of {lines_total:,} lines were judged, "
                "{lines_flagged:,} flagged, {lines_marked:,} of these marked as "
                "false positives.",
                lines_screened=found["lines_screened"],
                lines_total=found["lines_total"],
                lines_flagged=found["lines_flagged"],
                lines_marked=found["lines_marked"],
            ),
            soft_wrap=True,
        )
    if found["not_evaluated"]:
        out.print(
            worded(
                "cli.screening.cannot_judge",
                "It cannot judge {names}.",
                names=", ".join(found["not_evaluated"]),
            ),
            soft_wrap=True,
        )
    rows = [
        (
            str(line["line"]),
            line["category"],
            "-" if line["score"] is None else f"{line['score']:.2f}",
            worded("cli.screening.false_positive", "false positive")
            if line["is_false_positive"]
            else "",
            printable(line["excerpt"]),
        )
        for line in found["data"]
    ]
    if rows or found["moderator"]:
        print_rows(
            ("line", "category", "score", "mark", "excerpt"),
            rows,
            empty=worded("cli.screening.none", "No line is flagged."),
        )
    if found["has_more"]:
        out.print(
            worded(
                "cli.screening.there_more_output_file",
                "There are more: --output FILE writes all of them.",
            )
        )
