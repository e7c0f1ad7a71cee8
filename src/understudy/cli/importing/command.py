"""`understudy import`: takes along what an account at OpenAI still gives."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows, problems
from understudy.cli.importing.account import OPENAI, open_account
from understudy.cli.importing.here import Here
from understudy.cli.importing.rerun import rerun_job
from understudy.cli.importing.steps import IMPORTS, Move, Report

app = typer.Typer(
    cls=CommandGroup, help="Take along what an account elsewhere holds.", no_args_is_help=True
)


@app.command("openai")
def import_openai(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Leave out what is older than this day (UTC)."),
    ] = None,
    what: Annotated[str, typer.Option(help=f"Some of {','.join(IMPORTS)}.")] = ",".join(IMPORTS),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what is there, and copy nothing.")
    ] = False,
    base_url: Annotated[str, typer.Option(help="The API of the account.")] = OPENAI,
) -> None:
    """Copy files, jobs, models' names, stored completions and batches, each once.

    The key of the account is read from OPENAI_ACCOUNT_KEY and kept nowhere. Run the command again
    after a break: it continues.
    """
    kinds = [each.strip() for each in what.split(",")]
    unknown = [each for each in kinds if each not in IMPORTS]
    if unknown:
        raise typer.BadParameter(f"'{unknown[0]}' is none of {', '.join(IMPORTS)}.")
    moment = 0 if since is None else int(since.replace(tzinfo=UTC).timestamp())
    reports: dict[str, Report] = {}
    with api_client() as client, open_account(base_url) as account:
        move = Move(account=account, here=Here(client, base_url), since=moment, is_dry=dry_run)
        for kind, step in IMPORTS.items():
            if kind in kinds:
                reports[kind] = Report()
                step(move, reports[kind])
                _print_report(kind, reports[kind], is_dry=dry_run)
    if any(report.missing for report in reports.values()):
        raise typer.Exit(3)


@app.command()
def jobs() -> None:
    """List the jobs that were imported, with what they were trained on and with."""
    with api_client() as client:
        page = client.get("/x/history/jobs?limit=100", cast_to=object)
    rows = [_job_row(record) for record in page["data"]]  # pyright: ignore[reportIndexIssue]
    print_rows(
        ("id", "status", "base model", "fine-tuned model", "created"),
        rows,
        empty="No jobs were imported.",
    )


@app.command()
def rerun(
    job_id: Annotated[str, typer.Argument(help="ID of an imported job.", metavar="JOB_ID")],
    model: Annotated[str, typer.Option(help="Base model here to train.")],
    auto: Annotated[
        bool, typer.Option("--auto", help="Choose hyperparameters anew for this base.")
    ] = False,
) -> None:
    """Create a job here with the files and the hyperparameters of an imported one."""
    with api_client() as client:
        out.print(rerun_job(client, job_id, model, is_auto=auto))


def _job_row(record: dict[str, dict[str, str]]) -> tuple[str, ...]:
    job = record["object"]
    created = local_time(int(job["created_at"]))
    return job["id"], job["status"], job["model"], job["fine_tuned_model"] or "-", created


def _print_report(kind: str, report: Report, *, is_dry: bool) -> None:
    done = "to import" if is_dry else "imported"
    out.print(f"{kind}: {report.imported} {done}, {report.known} here before")
    for each in report.missing:
        problems.print(f"  {each}", markup=False)
