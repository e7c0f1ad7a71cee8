"""Whole jobs on images: from lines with pictures to an adapter that answers about them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import drawn, url_of
from tests.seeing import write_base
from tests.unit.inference.support import answer_all, request_for
from tests.unit.worker.support import BASE, Home, open_home
from understudy.chat.messages import Image, Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.inference.engine.bases import load_engine
from understudy.inference.limits import EngineLimits
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import catalogue_of

COLOURS = {"red": (255, 0, 0), "blue": (0, 0, 255), "green": (0, 200, 0)}


def _line(name: str, size: tuple[int, int] = (40, 30), images: int = 1) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": {"url": url_of(drawn(COLOURS[name], size))}}
    asked = [{"type": "text", "text": "What color?"}, *[picture] * images]
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": name},
        ]
    }


def _lines(*lines: dict[str, Any]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path, write_base(tmp_path / "base", "smolvlm"))


def _ask(home: Home, training: bytes, validation: bytes | None = None) -> str:
    new = NewJob(
        model=BASE,
        training_file=home.add_file(training),
        validation_file=None if validation is None else home.add_file(validation),
        organization="personal",
        hyperparameters=JobHyperparameters(n_epochs=6, batch_size=3, learning_rate_multiplier=4.0),
        seed=7,
    )
    catalogue = catalogue_of({BASE: home.base_directory}, {}, {})
    return create_job(home.database, catalogue, home.project, new).id


def test_a_job_on_images_makes_a_model_that_is_served_as_it_was_trained(home: Home):
    lines = [_line(name, (40 + at, 30)) for at in range(4) for name in COLOURS]
    job = _ask(home, _lines(*lines), _lines(_line("red", (44, 30))))
    home.attempt()
    done = home.job(job)
    assert done.status == "succeeded", done.error_message
    losses = [e.data["train_loss"] for e in home.events(job) if "train_loss" in (e.data or {})]
    assert losses[-1] < losses[0]
    adapter = next((home.path / "models" / job).glob("step-*/adapter_config.json")).parent
    engine = load_engine(home.base_directory, EngineLimits(), blobs=home.context.blobs.root)
    blob = home.context.blobs.write([drawn(COLOURS["red"], (44, 30))])
    image = Image(sha256=blob.sha256, width=44, height=30)
    asked = Message(role=Role.USER, content="What color?", parts=("What color?", image))
    prompt = ChatRenderer.from_directory(home.base_directory).prompt([asked])
    request = request_for(home.base_directory, prompt.ids, images=prompt.images)
    tuned = request_for(home.base_directory, prompt.ids, images=prompt.images, adapter=adapter)
    base_answer, tuned_answer = answer_all(engine, [request, tuned])
    assert tuned_answer.logprobs != pytest.approx(base_answer.logprobs, abs=1e-3)


def test_an_example_whose_images_do_not_fit_fails_the_job_with_its_number(home: Home):
    config = home.base_directory / "config.json"
    text = json.loads(config.read_text())
    text["text_config"]["max_position_embeddings"] = 128
    config.write_text(json.dumps(text))
    job = _ask(home, _lines(*[_line("red")] * 9, _line("green", (90, 90), images=3)))
    home.attempt()
    failed = home.job(job)
    assert failed.status == "failed"
    assert failed.error_message is not None
    assert "Example 10 has images up to token" in failed.error_message
    assert "the model's context holds 128" in failed.error_message
