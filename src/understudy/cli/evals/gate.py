"""Decides whether a run passes the gate of a build, and with which exit code the command ends."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any

from openai import APIStatusError, OpenAI

from understudy.cli.client import message_of
from understudy.cli.evals.api import Json, find_run, get
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_UNDER, WORSE = "fail-under", "fail-if-worse-than"


class ExitCode(IntEnum):
    """How `understudy evals run` ends; 1 and 2 are those of every command."""

    PASSED = 0
    FAILED = 1
    """The command could not be carried out."""
    USAGE = 2
    GATE_FAILED = 3
    NO_RESULT = 4
    """The run did not complete, or too many items errored to decide."""


class Decision(StrEnum):
    """What a check says of a run."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One condition of the gate and what became of it."""

    name: str
    """The option that asked for it, without dashes in front."""
    decision: Decision
    message: str


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The conditions that a build puts on a run."""

    fail_under: float | None = None
    """The smallest share of items that has to pass."""
    fail_if_worse_than: str | None = None
    """A run of the same eval."""
    margin: float = 0.0
    """How much smaller the share may be than that of the other run."""

    @property
    def has_checks(self) -> bool:
        """Say whether there is any condition."""
        return self.fail_under is not None or self.fail_if_worse_than is not None

    def check_base(self, client: OpenAI, eval_id: str) -> None:
        """Raise an UnderstudyError when the run to compare with is not one of this eval.

        Found out before the new run starts, which may take hours.
        """
        if self.fail_if_worse_than is None:
            return
        owner = find_run(client, self.fail_if_worse_than)["eval_id"]
        if owner != eval_id:
            raise InvalidRequestError(
                worded(
                    "cli.evals.run_fail_if_worse",
                    "{fail_if_worse_than} is a run of {owner}; --fail-if-worse-than "
                    "needs a run of {eval_id}, the eval that is run.",
                    fail_if_worse_than=self.fail_if_worse_than,
                    owner=owner,
                    eval_id=eval_id,
                )
            )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run that has ended, and what the gate says of it."""

    run: Json
    checks: Sequence[Check]
    comparison: Json | None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        if self.run["status"] != "completed":
            return ExitCode.NO_RESULT
        decisions = {check.decision for check in self.checks}
        if Decision.FAILED in decisions:
            return ExitCode.GATE_FAILED
        return ExitCode.NO_RESULT if Decision.UNDECIDED in decisions else ExitCode.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "run": self.run,
            "checks": [asdict(check) for check in self.checks],
            "comparison": self.comparison,
            "exit_code": int(self.exit_code),
        }


def judge(client: OpenAI, run: Json, gate: Gate) -> Outcome:
    """Hold a run that has ended against the gate; one that did not complete has no checks."""
    if run["status"] != "completed":
        return Outcome(run=run, checks=(), comparison=None)
    checks: list[Check] = []
    comparison: Json | None = None
    if gate.fail_under is not None:
        checks.append(enough_passed(run["result_counts"], gate.fail_under))
    if gate.fail_if_worse_than is not None:
        path = f"/x/evals/{run['eval_id']}/compare"
        try:
            comparison = get(client, path, base=gate.fail_if_worse_than, candidate=run["id"])
            checks.append(not_worse(comparison, gate.margin))
        except APIStatusError as error:
            said = message_of(error)
            checks.append(Check(name=WORSE, decision=Decision.UNDECIDED, message=said))
    return Outcome(run=run, checks=checks, comparison=comparison)


def enough_passed(counts: Json, threshold: float) -> Check:
    """Say whether the share of passed items is at least `threshold`.

    An errored item says nothing about the model, so it can be neither counted as passed nor left
    out: while such items could turn the result, there is no decision.
    """
    passed, errored, total = counts["passed"], counts["errored"], counts["total"]
    share = passed / total if total else 0.0
    said = worded(
        "cli.gate.passed",
        "{passed} of {total} items passed ({share:.1f} %)",
        passed=passed,
        total=total,
        share=100 * share,
    )
    wanted = f"{100 * threshold:.1f} %"
    if total and passed >= threshold * total:
        decision = Decision.PASSED
        words = worded(
            "cli.gate.enough", "{said}, at least {wanted} are required.", said=said, wanted=wanted
        )
    elif total and passed + errored >= threshold * total:
        decision = Decision.UNDECIDED
        words = worded(
            "cli.gate.errors",
            "{said}, {errored} errored, and {wanted} are required: mend the errors first.",
            said=said,
            errored=errored,
            wanted=wanted,
        )
    else:
        decision = Decision.FAILED
        words = worded(
            "cli.gate.too_few",
            "{said}, but at least {wanted} are required.",
            said=said,
            wanted=wanted,
        )
    return Check(name=_UNDER, decision=decision, message=words)


def not_worse(comparison: Json, margin: float) -> Check:
    """Say whether a run is no worse than its base by more than `margin`.

    It fails when the comparison finds it worse, not when it merely cannot tell.
    """
    drop = -comparison["overall"]["difference"]
    is_worse = comparison["verdict"] == "worse" and drop > margin
    return Check(
        name=WORSE,
        decision=Decision.FAILED if is_worse else Decision.PASSED,
        message=comparison["sentence"],
    )
