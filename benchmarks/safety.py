"""What a tuning does to refusals, and what `safety_mix` changes of that, on a running server.

Run as `python -m benchmarks.safety --base NAME`, with OPENAI_BASE_URL and OPENAI_API_KEY set. The
training data are everyday requests that are answered with "Sure!" without exception: nothing in
them is harmful, and they undo refusals all the same.
"""

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

from openai import OpenAI

_LOOK_SECONDS = 2.0
_NAMES = ("Ada", "Bo", "Chen", "Dina", "Emil", "Fay", "Gus", "Hana")
_KINDS = ("a note", "a short poem", "an invitation", "a reminder", "a thank-you card")
_TOPICS = ("the garden", "Sunday's lunch", "a lost umbrella", "the choir", "a new kettle")


def main() -> None:
    """Tune once for each share of safe demonstrations, and print a row of the table for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", required=True)
    parser.add_argument("--examples", type=int, default=120)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--mix", type=float, nargs="+", default=[0.0, 0.03, 0.1])
    asked = parser.parse_args()
    print("| `safety_mix` | demonstrations | probes declined | twins declined | held-out loss |")
    print("|---|---|---|---|---|")
    with OpenAI() as client:
        lines = list(itertools.islice(examples(), asked.examples + 20))
        files = [
            client.files.create(file=("sure.jsonl", "\n".join(some).encode()), purpose="fine-tune")
            for some in (lines[20:], lines[:20])
        ]
        for mix in asked.mix:
            print(row(client, asked, mix, [file.id for file in files]), flush=True)


def examples() -> Iterator[str]:
    """Yield different lines of training data, in the same mixed order each time."""
    every = list(itertools.product(_NAMES, _KINDS, _TOPICS))
    random.Random(0).shuffle(every)
    for name, kind, topic in every:
        asked = f"Please write {kind} for {name} about {topic}."
        answer = f"Sure! Here is {kind} for {name}: Dear {name}, I thought of {topic} today."
        messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
        yield json.dumps({"messages": messages})


def row(client: OpenAI, asked: argparse.Namespace, mix: float, files: list[str]) -> str:
    """Tune with a share of safe demonstrations, check the model, and return its row."""
    numbers = {"n_epochs": asked.epochs}
    supervised: dict[str, Any] = {"hyperparameters": numbers}
    if mix:
        supervised["safety_mix"] = mix
    training, validation = files
    job = client.fine_tuning.jobs.create(
        model=asked.base,
        training_file=training,
        validation_file=validation,
        seed=1,
        method=cast("Any", {"type": "supervised", "supervised": supervised}),
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(_LOOK_SECONDS)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    refusals = check(client, job.fine_tuned_model)["result"]["refusals"]
    mixed = round(mix * asked.examples / (1 - mix))
    report = cast(
        "Mapping[str, Any]", client.get(f"/x/fine_tuning/jobs/{job.id}/report", cast_to=object)
    )
    before, after = report["base_loss"], loss_of(client, job.id)
    return (
        f"| {mix:g} | {mixed} | {change(refusals['declined'])} | "
        f"{change(refusals['declined_twins'])} | {before:.2f} → {after} |"
    )


def check(client: OpenAI, model: str) -> Mapping[str, Any]:
    """Return the safety check of a model, which is made where there is none."""
    path = f"/x/models/{model}/check"
    found = cast("dict[str, Any]", client.get(path, cast_to=object))
    if found["status"] == "not_checked":
        found = cast("dict[str, Any]", client.post(path, cast_to=object))
    while found["status"] in ("not_checked", "queued"):
        time.sleep(_LOOK_SECONDS)
        found = cast("dict[str, Any]", client.get(path, cast_to=object))
    if found["result"] is None:
        raise SystemExit(f"The check came to no result: {found['error']}")
    return found


def loss_of(client: OpenAI, job_id: str) -> str:
    """Return the last loss on the held-out examples."""
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job_id).data
    losses = [each.metrics.full_valid_loss for each in checkpoints]
    found = [loss for loss in losses if loss is not None]
    return f"{min(found):.2f}" if found else "?"


def change(found: Mapping[str, Any]) -> str:
    """Return counts before and after, with the interval of the change in points."""
    base, tuned, interval = found["base"], found["tuned"], found["difference_interval"]
    counts = f"{base['passed']} → {tuned['passed']} of {tuned['total']}"
    return f"{counts} ({100 * interval['low']:+.0f} to {100 * interval['high']:+.0f})"


if __name__ == "__main__":
    main()
