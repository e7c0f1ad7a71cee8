"""Integrations of jobs, on a server that has an account with Weights & Biases."""

from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI

from tests.api.harness import BASE, RunningServer, running_server

CHATS = b'{"messages": [{"role": "assistant", "content": "Hi"}]}\n' * 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    # Tables come after keys: the harness appends its own.
    extra = 'wandb = {mode = "offline"}'
    with running_server(tmp_path_factory.mktemp("wandb"), extra) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> OpenAI:
    return server.client(server.new_project()[1])


def create(client: OpenAI, *integrations: dict):
    file = client.files.create(file=("a.jsonl", CHATS), purpose="fine-tune")
    return client.fine_tuning.jobs.create(
        model=BASE,
        training_file=file.id,
        integrations=[{"type": "wandb", "wandb": wandb} for wandb in integrations],
    )


def test_a_job_shows_its_runs_with_their_id_however_it_is_asked_for(client: OpenAI):
    asked = {"project": "weather", "entity": "team", "name": "first", "tags": ["a", "b"]}
    job = create(client, asked, {"project": "other"})
    for shown in (
        job,
        client.fine_tuning.jobs.retrieve(job.id),
        client.fine_tuning.jobs.list().data[0],
    ):
        first, second = shown.integrations
        assert first.to_dict() == {"type": "wandb", "wandb": {**asked, "run_id": job.id}}
        assert second.wandb.to_dict() == {
            "project": "other", "entity": None, "name": None, "tags": None, "run_id": job.id
        }  # fmt: skip


@pytest.mark.parametrize(
    ("wandb", "param", "code"),
    [
        ({}, "project", "missing_required_parameter"),
        ({"project": ""}, "project", None),
        ({"project": "a/b"}, "project", None),
        ({"project": "p" * 129}, "project", "string_above_max_length"),
        ({"project": "p", "tags": ["t" * 65]}, "tags[0]", "string_above_max_length"),
        ({"project": "p", "tags": ["t"] * 51}, "tags", "array_above_max_length"),
        ({"project": "p", "group": "g"}, "group", "unknown_parameter"),
    ],
)
def test_a_run_that_cannot_be_is_refused_with_its_place(
    client: OpenAI, wandb: dict, param: str, code: str | None
):
    with pytest.raises(BadRequestError) as caught:
        create(client, wandb)
    assert caught.value.param == f"integrations[0].wandb.{param}"
    assert code is None or caught.value.code == code


def test_there_are_at_most_five_and_all_of_them_different(client: OpenAI):
    with pytest.raises(BadRequestError) as many:
        create(client, *({"project": f"p{number}"} for number in range(6)))
    assert (many.value.param, many.value.code) == ("integrations", "array_above_max_length")
    with pytest.raises(BadRequestError, match="Two integrations name the same project"):
        create(client, {"project": "p", "name": "a"}, {"project": "p", "name": "b"})


def test_other_services_are_not_known(client: OpenAI):
    with pytest.raises(BadRequestError) as caught:
        client.fine_tuning.jobs.create(
            model=BASE,
            training_file="file-x",
            integrations=[{"type": "mlflow", "wandb": {"project": "p"}}],
        )
    assert caught.value.param == "integrations[0].type"
