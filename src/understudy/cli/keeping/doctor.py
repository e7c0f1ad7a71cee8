"""`understudy doctor`: looks through a home, also a running one, and says what to do."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.console import out, printable
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.keeping.database_checks import (
    lease_findings,
    page_findings,
    schema_findings,
    unreadable,
)
from understudy.cli.keeping.file_checks import Looked, look_at_files
from understudy.cli.keeping.finding import Finding, Level, note
from understudy.cli.keeping.home_checks import home_findings
from understudy.cli.keeping.home_parts import is_sqlite, sqlite_file
from understudy.cli.keys import NoServerYetError
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.worker.supervisor.home_lock import owner_of


def doctor(
    home: Home = DEFAULT_HOME,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only look for files and models; do not read them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look through a home for what is damaged, gone, open to others or left over.

    It changes nothing and may run beside the server. The exit code is 1 where anything has to be
    done.
    """
    settings = load_settings(home)
    if not settings.home.is_dir():
        raise NoServerYetError(f"{settings.home} is not there; `understudy serve` makes it.")
    owner = owner_of(settings.run_directory)
    findings = list(home_findings(settings, owner))
    looked = _look_at_database(settings, owner, findings, is_quick=quick)
    counts = Counter(finding.level for finding in findings)
    if as_json:
        print(
            json.dumps(
                {
                    "home": str(settings.home),
                    "server": owner,
                    "files": looked.files,
                    "models": looked.models,
                    "findings": [asdict(finding) for finding in findings],
                },
                indent=2,
            )
        )
    else:
        _print(settings.home, owner, findings, looked, is_quick=quick)
    if counts[Level.FAULT]:
        raise typer.Exit(1)


def _look_at_database(
    settings: Settings, owner: str | None, findings: list[Finding], *, is_quick: bool
) -> Looked:
    nothing = Looked(0, 0)
    if is_sqlite(settings):
        path = sqlite_file(settings)
        if not path.exists():
            raise NoServerYetError(
                f"{path} is not there: {settings.home} has not been started yet, or its database "
                "is lost, and a backup is the way back (`understudy restore`)."
            )
        findings += page_findings(path)
        schema = list(schema_findings(path))
        findings += schema
        if schema:
            # The rows of another schema are not read: this version would misunderstand them.
            return nothing
    else:
        findings.append(
            note(
                "database",
                settings.home,
                "The database is on a server of its own, whose pages pg_amcheck checks; only what "
                "its rows name was looked at.",
            )
        )
    database = Database(settings.database_url)
    try:
        try:
            looked = look_at_files(settings, database, is_quick=is_quick, findings=findings)
        except UnderstudyError as error:
            findings.append(unreadable("What rows name of files and models", error))
            looked = nothing
        try:
            findings += lease_findings(database, owner)
        except UnderstudyError as error:
            findings.append(unreadable("Who holds which work", error))
    finally:
        database.close()
    return looked


def _print(
    home: Path, owner: str | None, findings: list[Finding], looked: Looked, *, is_quick: bool
) -> None:
    for finding in findings:
        style = "[bold red]fault[/]  " if finding.level is Level.FAULT else "[dim]note[/]   "
        out.print(style, end="")
        out.print(printable(finding.sentence), markup=False, soft_wrap=True)
    faults = sum(finding.level is Level.FAULT for finding in findings)
    how = "looked for" if is_quick else "read"
    found = "no fault" if not faults else f"{faults} fault{'s' if faults > 1 else ''}"
    out.print(
        f"{found} in {home} ({owner or 'no server runs'}): the database, {looked.files} file(s) "
        f"and {looked.models} model(s) were {how}.",
        markup=False,
        soft_wrap=True,
    )
