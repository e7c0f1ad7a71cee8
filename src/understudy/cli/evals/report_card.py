"""Prints the report card of a job."""

from collections.abc import Mapping
from typing import Any, cast

from openai import OpenAI
from rich.text import Text

from understudy.cli.console import out, print_rows, printable

_NOT_YET = {
    "waiting": "The report card is not ready: the job has not succeeded yet.",
    "queued": "The report card is being generated. Try again in a few seconds.",
}


def job_report(client: OpenAI, job_id: str) -> Mapping[str, Any]:
    """Fetch the report card of a job."""
    found = client.get(f"/x/fine_tuning/jobs/{job_id}/report", cast_to=object)
    return cast("Mapping[str, Any]", found)


def print_report_card(report: Mapping[str, Any]) -> None:
    """Print the metrics of both models, and a few completions side by side."""
    card: Mapping[str, Any] | None = report["card"]
    if card is None:
        out.print(_NOT_YET.get(report["status"], report["error"] or "This job has no report card."))
        return
    print_rows(("", "base", "fine-tuned"), _numbers(card), empty="")
    answered, held_out = card["answered_examples"], card["held_out_examples"]
    out.print()
    out.print(
        f"Loss and token accuracy: all {held_out} validation examples. Other metrics: completions "
        f"of {answered} of them.",
        soft_wrap=True,
    )
    for sample in card["samples"]:
        _print_sample(sample)


def _numbers(card: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    loss, accuracy = card["loss"], card["token_accuracy"]
    rows = [
        ("model", card["base_model"], card["tuned_model"]),
        ("validation loss", f"{loss['base']:.3f}", f"{loss['tuned']:.3f}"),
        ("token accuracy", _percent(accuracy["base"]), _percent(accuracy["tuned"])),
    ]
    for name, key in (
        ("exact match", "exact_match"),
        ("valid JSON", "json_validity"),
        ("tool call match", "tool_call_match"),
    ):
        change = card[key]
        if change is not None:
            rows.append((name, _rate(change["base"]), _rate(change["tuned"])))
    return rows


def _rate(rate: Mapping[str, Any]) -> str:
    low, high = (_percent(rate["interval"][end]) for end in ("low", "high"))
    return f"{rate['passed']} of {rate['total']} ({low} to {high})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _print_sample(sample: Mapping[str, str]) -> None:
    out.print()
    out.print(Text(f"line {sample['line']}: {printable(sample['question'])}", style="bold"))
    for name, key in (("expected", "expected"), ("base", "base"), ("fine-tuned", "tuned")):
        out.print(Text(f"  {name:12}{printable(sample[key])}"), soft_wrap=True)
