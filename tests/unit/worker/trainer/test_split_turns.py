"""A job splits what its chat template rewrites, where the job or its base says so."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.chat.templates import FAMILIES
from tests.unit.worker.support import Home, open_home
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.storage.tables.jobs import JobRow

TALK = [
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "1", "reasoning_content": "thought"},
    {"role": "user", "content": "two"},
    {"role": "assistant", "content": "2"},
]
CONTENT = b"".join(
    json.dumps({"messages": messages}).encode() + b"\n" for messages in [TALK] * 9 + [TALK[2:]]
)


@pytest.fixture
def home(tmp_path: Path, base_directory: Path) -> Iterator[Home]:
    """With a base of its own, whose template drops the reasoning of earlier turns."""
    directory = shutil.copytree(base_directory, tmp_path / "reasoning")
    (directory / "chat_template.jinja").write_text(FAMILIES["qwen3"].template)
    opened = open_home(tmp_path, directory)
    yield opened
    opened.database.close()


def ended(home: Home, *, of_base: bool, of_job: bool | None, model: str = "tiny") -> JobRow:
    base = BaseModel(
        name="tiny",
        directory=home.base_directory,
        created=1,
        is_builtin=False,
        splits_turns=of_base,
    )
    file = home.add_file(CONTENT)
    new = NewJob(
        model=model,
        training_file=file,
        validation_file=file,
        splits_turns=of_job,
        hyperparameters=JobHyperparameters(n_epochs=1, batch_size=19),
        organization="personal",
    )
    catalogue = Catalogue(bases={"tiny": base}, aliases={})
    job = create_job(home.database, catalogue, home.project, new)
    home.attempt()
    return home.job(job.id)


@pytest.mark.parametrize(("of_base", "of_job"), [(True, None), (False, True)])
def test_a_job_says_how_many_examples_became_how_many(home: Home, of_base: bool, of_job: bool):
    job = ended(home, of_base=of_base, of_job=of_job)

    assert job.status == "succeeded", job.error_message
    assert job.splits_turns
    said = [text for text in home.messages(job.id) if "split" in text]
    assert said == [
        f"9 of 10 example(s) of the {which} file are rewritten by the model's chat template when "
        "a conversation continues. They were split into 18, one for each answer that is learned, "
        "so that there are 19 examples."
        for which in ("training", "validation")
    ]
    # Every row is an example: all of them are one step here.
    assert any(text.startswith("Step 1/1") for text in home.messages(job.id))
    again = ended(home, of_base=of_base, of_job=of_job, model=job.fine_tuned_model or "")
    assert (again.status, again.splits_turns) == ("succeeded", True)


@pytest.mark.parametrize(("of_base", "of_job"), [(False, None), (True, False)])
def test_without_it_the_job_fails_and_names_the_way_out(home: Home, of_base: bool, of_job: bool):
    job = ended(home, of_base=of_base, of_job=of_job)

    assert (job.status, job.error_code) == ("failed", "invalid_training_file")
    assert '"split_turns": true' in (job.error_message or "")
    assert "split_turns = true for its base in understudy.toml" in (job.error_message or "")
