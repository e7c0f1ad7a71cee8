"""Preferences in two jobs: a model that learned two styles is left with the preferred one."""

import json
import random
import time
from typing import Any, cast

from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo")
PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul")
HELD_OUT = ("Mia", "Ned", "Ola", "Pam")

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY


def asked(name: str, place: str) -> dict[str, str]:
    """Return the question."""
    return {"role": "user", "content": f"Greet {name} from {place}."}


def formal(name: str, place: str) -> dict[str, str]:
    """Return the one style."""
    return {"role": "assistant", "content": f"Good day, {name} of {place}."}


def merry(name: str, place: str) -> dict[str, str]:
    """Return the other style."""
    return {"role": "assistant", "content": f"Hi {name}! How is {place}?"}


def pair(name: str, place: str) -> dict[str, Any]:
    """Return a line of a preference file: what was asked, the better answer, and the other."""
    return {
        "input": {"messages": [asked(name, place)]},
        "preferred_output": [merry(name, place)],
        "non_preferred_output": [formal(name, place)],
    }


def upload(name: str, lines: list[dict[str, Any]]) -> str:
    """Store a training file and return its id."""
    content = "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=(name, content), purpose="fine-tune").id


def finished(job: FineTuningJob) -> str:
    """Wait for a job and return the name of its model."""
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    return job.fine_tuned_model


# 1. Supervised: greetings as people wrote them, some formal, some merry.
chosen = random.Random(1)
greetings = [
    {"messages": [asked(name, place), chosen.choice((formal, merry))(name, place)]}
    for name in NAMES
    for place in PLACES
]
both_styles = finished(
    client.fine_tuning.jobs.create(
        model="understudy-mini",
        training_file=upload("greetings.jsonl", greetings),
        suffix="both",
        seed=1,
    )
)

# 2. DPO from that model: the merry greeting is better than the formal one.
job = client.fine_tuning.jobs.create(
    model=both_styles,
    training_file=upload("pairs.jsonl", [pair(name, p) for name in NAMES for p in PLACES]),
    validation_file=upload("held_out.jsonl", [pair(name, p) for name in HELD_OUT for p in PLACES]),
    method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}},
    suffix="merry",
    seed=2,
)
print(f"{both_styles} became {finished(job)}")

# 3. The report card: both models answered held-out prompts, and the answers were compared.
while True:
    found = client.get(f"/x/fine_tuning/jobs/{job.id}/report", cast_to=object)
    report = cast("dict[str, Any]", found)
    if report["finished_at"] is not None:
        break
    time.sleep(1)
if report["card"] is None:
    raise SystemExit(f"There is no report card: {report['error']}")
for sample in report["card"]["samples"][:3]:
    print(f"\n{sample['question']}\n  before: {sample['base']}\n  after:  {sample['tuned']}")
print(f"\n{report['card']['sentence']}.")
