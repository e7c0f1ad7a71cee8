"""Prints what a distillation kept, and how teacher, base and student compare."""

from openai import OpenAI

from understudy.cli.console import out, print_rows, problems
from understudy.cli.evals.api import Json
from understudy.wording import worded

_ROLES = ("teacher", "base", "student")


def print_counts(counts: Json) -> None:
    """Print how many answers are learned, and why the others are not."""
    rows = [("kept", str(counts["kept"]), ", ".join(counts["teachers"]))]
    rows += [
        (each["reason"].replace("_", " "), str(each["count"]), each["detail"])
        for each in counts["dropped"]
    ]
    rows += [(f"redacted: {kind}", str(n), "") for kind, n in counts["redacted"].items()]
    print_rows((f"of {counts['found']} answers", "", ""), rows, empty="")
    if len(counts["snapshots"]) > max(len(counts["teachers"]), 1):
        named = ", ".join(f"{count} of {name}" for name, count in counts["snapshots"].items())
        problems.print(
            worded(
                "cli.distill.teacher_changed_server_while",
                "A teacher changed at its server while it was captured: {named}.",
                named=named,
            ),
            markup=False,
        )


def print_outcome(client: OpenAI, ended: Json) -> None:
    """Print the table of teacher, base and student, or why there is none."""
    if ended["result"] is None:
        problems.print(ended["error"] or f"Distillation {ended['status']}.", markup=False)
        return
    student = client.fine_tuning.jobs.retrieve(ended["job_id"]).fine_tuned_model or "-"
    names = {
        "teacher": ", ".join(ended["counts"]["teachers"]),
        "base": ended["request"]["student"],
        "student": student,
    }
    result = ended["result"]
    rows = [
        (
            role,
            names[role],
            f"{100 * result['passed'][role]:.0f} %",
            f"{result['tokens_per_call'][role]:.0f}",
        )
        for role in _ROLES
    ]
    print_rows(("", "model", "passed", "tokens a call"), rows, empty="")
    out.print(
        worded(
            "cli.distill.student_against_base",
            "Student against base: {sentence}",
            sentence=result["sentence"],
        ),
        markup=False,
    )
    _print_cost(result.get("cost_per_1000"))


def _print_cost(cost: Json | None) -> None:
    """Print what 1,000 calls take: money at the teacher's server, time of this machine here."""
    if cost is None:
        return
    if cost["teacher_price"] is not None:
        out.print(
            worded(
                "cli.distill.1_000_calls_teacher",
                "1,000 calls of the teacher cost {teacher_price:,.2f}, by its prices.",
                teacher_price=cost["teacher_price"],
            )
        )
    seconds = cost["machine_seconds"].get("student")
    if seconds is not None:
        out.print(
            worded(
                "cli.distill.1_000_calls_student",
                "1,000 calls of the student take {seconds:,.0f} seconds of this "
                "machine, asked many at once.",
                seconds=seconds,
            )
        )
