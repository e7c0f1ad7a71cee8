"""Prints the report card of a job."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from openai import OpenAI
from rich.text import Text

from understudy.cli.console import out, print_rows, printable
from understudy.cli.models.check_table import print_changes

_NOT_YET = {
    "waiting": "The report card is not ready: the job has not succeeded yet.",
    "queued": "The report card is being generated. Try again in a few seconds.",
}

_TEXTS = (("expected", "expected"), ("base", "base"), ("fine-tuned", "tuned"))
_PREFERENCE_TEXTS = (
    ("preferred", "preferred"),
    ("not preferred", "non_preferred"),
    ("started from", "base"),
    ("fine-tuned", "tuned"),
)
_CLOSENESS = (
    "Winners are decided by wording: whose sampled answer is closer to the preferred answer than "
    "to the other one. Use --grader for a judgement of your own."
)


def job_report(client: OpenAI, job_id: str) -> Mapping[str, Any]:
    """Fetch the report card of a job."""
    found = client.get(f"/x/fine_tuning/jobs/{job_id}/report", cast_to=object)
    return cast("Mapping[str, Any]", found)


def print_report_card(report: Mapping[str, Any]) -> None:
    """Print the metrics of both models, a few completions side by side, and the safety check."""
    _print_grades(report)
    if report["safety"]["model"] is not None:
        _print_safety(report["safety"])


def _print_safety(safety: Mapping[str, Any]) -> None:
    out.print()
    out.print("Safety check", style="bold")
    if safety["results"] is not None:
        print_changes(safety["results"])
    for sentence in (safety["sentence"], *safety["gaps"]):
        out.print(printable(sentence), markup=False, soft_wrap=True)
    if safety["held_because"] is not None:
        held = f"Held, so it answers nobody: {printable(safety['held_because'])}."
        out.print(held, markup=False, soft_wrap=True)


def _print_grades(report: Mapping[str, Any]) -> None:
    card: Mapping[str, Any] | None = report["card"]
    if card is None:
        out.print(_NOT_YET.get(report["status"], report["error"] or "This job has no report card."))
        return
    if card.get("method") == "dpo":
        _print_preference_card(card)
        return
    print_rows(("", "base", "fine-tuned"), _numbers(card), empty="")
    answered, held_out = card["answered_examples"], card["held_out_examples"]
    out.print()
    out.print(
        f"Loss and token accuracy: all {held_out} validation examples. Other metrics: completions "
        f"of {answered} of them.",
        soft_wrap=True,
    )
    # Cards of older servers have none.
    if (labels := card.get("labels")) is not None:
        _print_labels(labels)
    for sample in card["samples"]:
        _print_texts(sample, _TEXTS)


def remake_report(client: OpenAI, job_id: str, grader: Any) -> Mapping[str, Any]:
    """Queue the report card of a job over pairs once more, judged by a grader."""
    path = f"/x/fine_tuning/jobs/{job_id}/report"
    found = client.post(path, body={"grader": grader}, cast_to=object)
    return cast("Mapping[str, Any]", found)


def _print_preference_card(card: Mapping[str, Any]) -> None:
    passing, judge = card["passing"], card["judged_by"]
    measure = "closer to preferred" if judge is None else f"passes '{judge}'"
    rows = [
        ("model", card["base_model"], card["tuned_model"]),
        (measure, _rate(passing["base"]), _rate(passing["tuned"])),
    ]
    print_rows(("", "started from", "fine-tuned"), rows, empty="")
    out.print()
    out.print(Text(card["sentence"] + "."), soft_wrap=True)
    if judge is None:
        out.print(_CLOSENESS, soft_wrap=True)
    for sample in card["samples"]:
        _print_texts(sample, _PREFERENCE_TEXTS)


def _print_labels(labels: Mapping[str, Any]) -> None:
    raw, calibrated = labels["raw"], labels["calibrated"]
    rows = [
        (
            "calibration error",
            *(_percent(x["expected_calibration_error"]) for x in (raw, calibrated)),
        ),
        ("Brier score", f"{raw['brier']:.3f}", f"{calibrated['brier']:.3f}"),
        ("log loss", f"{raw['log_loss']:.3f}", f"{calibrated['log_loss']:.3f}"),
    ]
    out.print()
    out.print(
        f"Choosing from {len(labels['labels'])} labels, {labels['examples']} examples: accuracy "
        f"{_percent(labels['accuracy'])}, macro-F1 {labels['macro_f1']:.3f}.",
        soft_wrap=True,
    )
    out.print()
    temperature = f"temperature {labels['temperature']:.2f}"
    print_rows(("probabilities", "temperature 1", temperature), rows, empty="")
    out.print()
    bins = [
        (
            f"{_percent(each['low'])} to {_percent(each['high'])}",
            str(each["examples"]),
            _percent(each["confidence"]),
            _percent(each["accuracy"]),
        )
        for each in labels["reliability"]
    ]
    print_rows(("probability", "examples", "on average", "right"), bins, empty="")
    out.print()
    for each in labels["coverage"]:
        out.print(
            f"{_percent(each['share'])} of the examples, the surest, are decided with an accuracy "
            f"of {_percent(each['accuracy'])}.",
            soft_wrap=True,
        )


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


def _print_texts(sample: Mapping[str, str], texts: Sequence[tuple[str, str]]) -> None:
    out.print()
    out.print(Text(f"line {sample['line']}: {printable(sample['question'])}", style="bold"))
    for name, key in texts:
        out.print(Text(f"  {name:14}{printable(sample[key])}"), soft_wrap=True)
