"""A model is asked with the date that its template printed when it was trained."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.tiny import TEMPLATE, user
from tests.unit.worker.support import Home, chat_lines, open_home
from understudy.answering.models import ServedModels
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.chat.rendering import renderer, template
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.storage.tables.jobs import JobRow

TODAY = template.today()
LATER = TODAY + timedelta(days=3)
OPERATORS = date(2024, 7, 26)


@pytest.fixture
def home(tmp_path: Path, base_directory: Path) -> Iterator[Home]:
    """With a base of its own, whose template prints the date."""
    directory = shutil.copytree(base_directory, tmp_path / "dated")
    said = "{{- '<|im_start|>system\nToday is ' + strftime_now('%Y-%m-%d') + '<|im_end|>\n' }}"
    (directory / "chat_template.jinja").write_text(said + TEMPLATE)
    opened = open_home(tmp_path, directory)
    yield opened
    opened.database.close()


def catalogue(home: Home, tuning: Tuning, day: date | None) -> Catalogue:
    base = BaseModel(
        name="tiny",
        directory=home.base_directory,
        created=1,
        is_builtin=False,
        tuning=tuning,
        template_date=day,
    )
    return Catalogue(bases={"tiny": base}, aliases={})


def trained(home: Home, tuning: Tuning, day: date | None, model: str = "tiny") -> JobRow:
    new = NewJob(
        model=model,
        training_file=home.add_file(chat_lines(10)),
        hyperparameters=JobHyperparameters(n_epochs=1, batch_size=5),
        organization="personal",
    )
    job = create_job(home.database, catalogue(home, tuning, day), home.project, new)
    home.attempt()
    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    return ended


def asked(home: Home, model: str, tuning: Tuning, day: date | None = None) -> str:
    served = ServedModels(
        database=home.database,
        catalogue=lambda: catalogue(home, tuning, day),
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=1, blobs=home.context.blobs),
    ).find_own(home.project, model)
    return served.renderer.decode(served.renderer.prompt_ids([user("Hi")]))


@pytest.mark.parametrize("tuning", [LoraTuning(rank=2), FullTuning()], ids=["lora", "full"])
def test_a_tuned_model_is_asked_with_the_day_of_its_training(
    home: Home, tuning: Tuning, monkeypatch: pytest.MonkeyPatch
):
    job = trained(home, tuning, None)
    assert any(f"trained with {TODAY}" in text for text in home.messages(job.id))

    monkeypatch.setattr(renderer, "today", lambda: LATER)

    assert f"Today is {TODAY}" in asked(home, job.fine_tuned_model or "", tuning)
    assert f"Today is {OPERATORS}" in asked(home, job.fine_tuned_model or "", tuning, OPERATORS)
    again = trained(home, tuning, None, model=job.fine_tuned_model or "")
    assert f"Today is {TODAY}" in asked(home, again.fine_tuned_model or "", tuning)


def test_a_model_is_trained_and_asked_with_the_operators_day(home: Home):
    job = trained(home, LoraTuning(rank=2), OPERATORS)
    assert any(f"trained with {OPERATORS}" in text for text in home.messages(job.id))
    assert f"Today is {OPERATORS}" in asked(home, job.fine_tuned_model or "", LoraTuning(rank=2))


def test_a_base_is_asked_with_the_day_itself_or_the_operators(home: Home):
    assert f"Today is {TODAY}" in asked(home, "tiny", FullTuning())
    assert f"Today is {OPERATORS}" in asked(home, "tiny", FullTuning(), OPERATORS)
