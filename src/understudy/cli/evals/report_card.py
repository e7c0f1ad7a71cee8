"""Prints the report card of a job."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from openai import OpenAI
from rich.cells import set_cell_size
from rich.text import Text

from understudy.cli.console import out, print_rows, printable
from understudy.cli.language import named, said
from understudy.cli.models.check_table import print_changes
from understudy.wording import worded

_NOT_YET = {
    "waiting": worded(
        "cli.card.waiting", "The report card is not ready: the job has not succeeded yet."
    ),
    "queued": worded(
        "cli.card.queued", "The report card is being generated. Try again in a few seconds."
    ),
}

_NONE = worded("cli.card.none", "This job has no report card.")
_NAME_WIDTH = 14
_TEXTS = (("expected", "expected"), ("base", "base"), ("fine-tuned", "tuned"))
_PREFERENCE_TEXTS = (
    ("preferred", "preferred"),
    ("not preferred", "non_preferred"),
    ("started from", "base"),
    ("fine-tuned", "tuned"),
)
_CLOSENESS = worded(
    "cli.card.closeness",
    "Winners are decided by wording: whose sampled answer is closer to the preferred answer than "
    "to the other one. Use --grader for a judgement of your own.",
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
    out.print(
        worded(
            "cli.evals.safety_check",
            "Safety check",
        ),
        style="bold",
    )
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
        out.print(_NOT_YET.get(report["status"], report["error"] or _NONE))
        return
    if card.get("method") == "dpo":
        _print_preference_card(card)
        return
    print_rows(("", "base", "fine-tuned"), _numbers(card), empty="")
    answered, held_out = card["answered_examples"], card["held_out_examples"]
    out.print()
    out.print(
        worded(
            "cli.evals.loss_token_accuracy_all",
            "Loss and token accuracy: all {held_out} validation examples. Other "
            "metrics: completions of {answered} of them.",
            held_out=held_out,
            answered=answered,
        ),
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
    measure = (
        "closer to preferred"
        if judge is None
        else said(worded("cli.card.passes", "passes '{judge}'", judge=judge))
    )
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
        worded(
            "cli.evals.choosing_from_labels_examples",
            "Choosing from {labels} labels, {examples} examples: accuracy "
            "{accuracy}, macro-F1 {macro_f1:.3f}.",
            labels=len(labels["labels"]),
            examples=labels["examples"],
            accuracy=_percent(labels["accuracy"]),
            macro_f1=labels["macro_f1"],
        ),
        soft_wrap=True,
    )
    out.print()
    temperature = f"{named('temperature')} {labels['temperature']:.2f}"
    print_rows(("probabilities", "temperature 1", temperature), rows, empty="")
    out.print()
    bins = [
        (
            f"{_percent(each['low'])} {named('to')} {_percent(each['high'])}",
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
            worded(
                "cli.evals.examples_surest_decided_accuracy",
                "{share} of the examples, the surest, are decided with an accuracy of {accuracy}.",
                share=_percent(each["share"]),
                accuracy=_percent(each["accuracy"]),
            ),
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
    return worded(
        "cli.card.rate",
        "{passed} of {total} ({low} to {high})",
        passed=rate["passed"],
        total=rate["total"],
        low=low,
        high=high,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _print_texts(sample: Mapping[str, str], texts: Sequence[tuple[str, str]]) -> None:
    out.print()
    line = said(worded("cli.files.line", "line {line}", line=sample["line"]))
    out.print(Text(f"{line}: {printable(sample['question'])}", style="bold"))
    for name, key in texts:
        column = set_cell_size(named(name), _NAME_WIDTH)
        out.print(Text(f"  {column}{printable(sample[key])}"), soft_wrap=True)
