"""A model tuned on noisy labels is too sure of them, until its temperature is fitted."""

import json
from pathlib import Path
from random import Random

import pytest

from tests.acceptance import acceptance
from tests.api.harness import wait_until
from tests.live import live_server
from understudy.evals.verdict.calibration import Forecast, accuracy_of, reliability_of

pytestmark = [pytest.mark.slow, acceptance, pytest.mark.timeout(1800)]

LABELS = ("billing", "delivery", "returns")
WORDS = {
    "billing": ("invoice", "charge", "price", "payment"),
    "delivery": ("parcel", "courier", "shipment", "box"),
    "returns": ("refund", "exchange", "defect", "warranty"),
}


def tickets(count: int, seed: int) -> list[tuple[str, str]]:
    """Questions with labels, a quarter of which are drawn without a look at the question."""
    random = Random(seed)
    made = []
    for _ in range(count):
        label = random.choice(LABELS)
        words = [random.choice(WORDS[label]), random.choice(("today", "again", "please", "now"))]
        text = f"{words[0]} {random.randrange(1000)} {words[1]}"
        made.append((text, random.choice(LABELS) if random.random() < 0.25 else label))
    return made


def jsonl(rows: list[tuple[str, str]]) -> bytes:
    lines = [
        {
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": label},
            ]
        }
        for question, label in rows
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def test_the_fitted_temperature_makes_decisions_reliable(tmp_path: Path):
    with live_server(tmp_path) as server:
        client = server.client(timeout=600)
        files = [
            client.files.create(file=("f.jsonl", jsonl(tickets(count, seed))), purpose="fine-tune")
            for count, seed in ((100, 1), (200, 2))
        ]
        job = client.fine_tuning.jobs.create(
            model="understudy-mini",
            training_file=files[0].id,
            validation_file=files[1].id,
            seed=1,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 12}}},
        )

        def report() -> dict:
            return client.get(f"/x/fine_tuning/jobs/{job.id}/report", cast_to=object)

        wait_until(
            lambda: client.fine_tuning.jobs.retrieve(job.id).status in ("succeeded", "failed"),
            timeout_seconds=1200,
        )
        wait_until(lambda: report()["status"] in ("completed", "failed"), timeout_seconds=1200)
        labels = report()["card"]["labels"]
        model = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
        question = {
            "type": "choice",
            "instructions": "",
            "choices": [{"value": label} for label in LABELS],
        }
        raw, calibrated = [], []
        for text, label in tickets(240, 3):
            made = client.decisions.create(model=model, input=text, questions=[question])
            (answer,) = made.answers
            assert answer.as_trained is True
            assert answer.temperature == labels["temperature"]
            likely = [each.probability for each in answer.probabilities]
            before = [each**answer.temperature for each in likely]
            right = LABELS.index(label)
            calibrated.append(Forecast(probabilities=tuple(likely), right=right))
            raw.append(Forecast(probabilities=tuple(x / sum(before) for x in before), right=right))

    before, after = reliability_of(raw), reliability_of(calibrated)
    assert labels["temperature"] > 1
    assert accuracy_of(calibrated) == accuracy_of(raw)
    for measure in ("expected_calibration_error", "brier", "log_loss"):
        assert getattr(after, measure) < getattr(before, measure)
        assert labels["calibrated"][measure] < labels["raw"][measure]
