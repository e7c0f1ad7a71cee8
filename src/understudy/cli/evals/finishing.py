"""What `understudy evals run` does with a run that it has started: wait, report, decide."""

from dataclasses import dataclass
from pathlib import Path

import typer
from openai import OpenAI

from understudy.cli.console import out, problems
from understudy.cli.evals.api import Json, find_run, get, pages
from understudy.cli.evals.gate import WORSE, Decision, ExitCode, Gate, Outcome, judge
from understudy.cli.evals.junit import junit_xml
from understudy.cli.evals.tables import follow_run, print_run
from understudy.cli.evals.verdicts import verdict_said
from understudy.cli.language import named, said

_STYLES = {Decision.PASSED: "green", Decision.FAILED: "bold red", Decision.UNDECIDED: "bold yellow"}


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What is wanted of a run once it is started."""

    is_watched: bool
    as_json: bool
    """Nothing but JSON is to be on the standard output."""
    junit: Path | None
    gate: Gate

    def __post_init__(self) -> None:
        """Refuse what could only fail at the end of the run; raises BadParameter."""
        if self.gate.margin and self.gate.fail_if_worse_than is None:
            raise typer.BadParameter("--margin needs --fail-if-worse-than RUN.")
        if self.junit is not None and not self.junit.absolute().parent.is_dir():
            raise typer.BadParameter(f"--junit: there is no directory {self.junit.parent}.")

    def finish(self, client: OpenAI, made: Json) -> None:
        """Print the run; wait for its end and decide, if that is wanted. Ends with an exit code."""
        waits = self.is_watched or self.junit is not None or self.gate.has_checks
        if not self.as_json:
            out.print(made["id"])
        if not waits:
            if self.as_json:
                out.print_json(data={"run": made, "checks": [], "comparison": None, "exit_code": 0})
            return
        console = problems if self.as_json else out
        ended = follow_run(lambda: find_run(client, made["id"]), console)
        outcome = judge(client, ended, self.gate)
        owner = get(client, f"/evals/{ended['eval_id']}")
        if self.junit is not None:
            self.junit.write_bytes(_report(client, outcome, owner))
        if self.as_json:
            out.print_json(data=outcome.to_json())
        else:
            _print(outcome, owner)
        end_with(outcome.exit_code)


def end_with(code: ExitCode) -> None:
    """End the command with an exit code, unless it is that of a success."""
    if code is not ExitCode.PASSED:
        raise typer.Exit(int(code))


def _report(client: OpenAI, outcome: Outcome, owner: Json) -> bytes:
    run = outcome.run
    items = pages(client, f"/evals/{run['eval_id']}/runs/{run['id']}/output_items")
    return junit_xml(owner["name"], run, items, outcome.checks)


def _print(outcome: Outcome, owner: Json) -> None:
    print_run(outcome.run, owner)
    for check in outcome.checks:
        words = check.message
        if check.name == WORSE and outcome.comparison is not None:
            words = verdict_said(outcome.comparison)
        shown = f"{check.name} {named(check.decision)}: {said(words)}"
        out.print(shown, style=_STYLES[check.decision], markup=False, soft_wrap=True)
