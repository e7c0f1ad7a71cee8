"""A tuned model answers under a further name of its project, such as the one it replaces."""

from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import ALIAS, BASE, RunningServer, add_tuned_model
from tests.unit.cli.support import run

OLD = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123"


@pytest.fixture
def project(server: RunningServer) -> tuple[str, str]:
    return server.new_project()


@pytest.fixture
def client(server: RunningServer, project: tuple[str, str]) -> OpenAI:
    return server.client(project[1])


@pytest.fixture
def tuned(server: RunningServer, project: tuple[str, str], client: OpenAI) -> str:
    return add_tuned_model(server, project[0], client).name


def put(client: OpenAI, name: str, model: str) -> Any:
    return client.put(f"/x/model_aliases/{name}", cast_to=object, body={"model": model})


def ask(client: OpenAI, model: str):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "?"}])


def test_code_that_asks_for_the_old_name_is_answered_by_the_new_model(
    server: RunningServer, client: OpenAI, tuned: str
):
    with pytest.raises(NotFoundError):
        ask(client, OLD)

    made = put(client, OLD, tuned)

    assert (made["id"], made["alias_of"]) == (OLD, tuned)
    server.engine.says("billing")
    answer = ask(client, OLD)
    assert answer.choices[0].message.content == "billing"
    # As with a model's snapshot, the answer says which model gave it.
    assert answer.model == tuned
    assert client.responses.create(model=OLD, input="?").model == tuned
    assert client.models.retrieve(OLD).to_dict()["alias_of"] == tuned
    assert OLD in [each.id for each in client.models.list()]


def test_an_alias_belongs_to_one_project(server: RunningServer, client: OpenAI, tuned: str):
    put(client, OLD, tuned)
    other = server.client(server.new_project()[1])

    with pytest.raises(NotFoundError):
        ask(other, OLD)
    with pytest.raises(BadRequestError, match="not a fine-tuned model of this project"):
        put(other, OLD, tuned)


@pytest.mark.parametrize("name", [BASE, ALIAS, ALIAS.removesuffix("-2025-04-14")])
def test_a_name_of_the_server_is_no_alias_of_a_project(client: OpenAI, tuned: str, name: str):
    with pytest.raises(BadRequestError) as refused:
        put(client, name, tuned)

    assert (refused.value.code, refused.value.param) == ("name_taken", "name")


def test_the_name_of_a_tuned_model_is_no_alias(client: OpenAI, tuned: str):
    with pytest.raises(BadRequestError, match="the name of a model here"):
        put(client, tuned, tuned)


@pytest.mark.parametrize("model", [BASE, ALIAS, "ft:no:such::model"])
def test_only_a_tuned_model_gets_an_alias(client: OpenAI, model: str):
    with pytest.raises(BadRequestError, match="not a fine-tuned model of this project"):
        put(client, OLD, model)


def test_an_alias_of_an_alias_stands_for_the_model(client: OpenAI, tuned: str):
    put(client, OLD, tuned)

    assert put(client, "triage", OLD)["alias_of"] == tuned


def test_an_alias_can_be_moved_and_ends_alone(
    server: RunningServer, project: tuple[str, str], client: OpenAI, tuned: str
):
    put(client, OLD, tuned)
    other = add_tuned_model(server, project[0], client).name
    put(client, OLD, other)
    assert ask(client, OLD).model == other
    with pytest.raises(BadRequestError) as refused:
        client.models.delete(other)
    assert refused.value.code == "model_in_use"
    client.models.delete(tuned)

    client.models.delete(OLD)

    with pytest.raises(NotFoundError):
        ask(client, OLD)
    assert ask(client, other).model == other


def test_training_can_continue_from_an_alias(client: OpenAI, tuned: str):
    put(client, OLD, tuned)
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")

    assert client.fine_tuning.jobs.create(model=OLD, training_file=file.id).model == tuned


def test_the_command_sets_it_and_the_list_shows_it(
    server: RunningServer, project: tuple[str, str], tuned: str
):
    here = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": project[1]}

    done = run("models", "alias", OLD, tuned, **here)

    assert done.exit_code == 0, done.output
    listed = run("models", "list", **here).output
    assert any(OLD in line and f"answered by {tuned}" in line for line in listed.splitlines())
