"""One line of the settings gives a base every name that fits it, and says what is ignored."""

import json
import logging
from collections.abc import Iterator

import pytest
from openai import BadRequestError, NotFoundError, OpenAI, PermissionDeniedError

from tests.api.harness import BASE, RunningServer, add_tuned_model
from tests.unit.cli.support import run, words

LINES = f'"legacy-*" = "{BASE}"\n"think-*" = {{ base = "{BASE}", ignore = %s }}\n'
IGNORED = json.dumps(["reasoning_effort", "verbosity"])
HEADER = "x-understudy-ignored"


@pytest.fixture(scope="module", autouse=True)
def _patterns(server: RunningServer) -> Iterator[None]:
    file = server.home / "understudy.toml"
    before = file.read_text()
    file.write_text(before.replace("[aliases]\n", "[aliases]\n" + LINES % IGNORED))
    yield
    file.write_text(before)


def ask(client: OpenAI, model: str, **more):
    messages = [{"role": "user", "content": "?"}]
    return client.chat.completions.with_raw_response.create(model=model, messages=messages, **more)


def test_a_name_that_fits_is_answered_under_itself(server: RunningServer, client: OpenAI):
    server.engine.says("chat", "response", "text")
    assert ask(client, "legacy-4-1106").parse().model == "legacy-4-1106"
    assert client.responses.create(model="legacy-5.5", input="?").model == "legacy-5.5"
    assert client.completions.create(model="legacy-text", prompt="?").model == "legacy-text"
    assert client.models.retrieve("legacy-5.5").id == "legacy-5.5"
    with pytest.raises(NotFoundError):
        ask(client, "modern-5")


def test_lists_have_only_names_that_can_be_asked(client: OpenAI, server: RunningServer, key: str):
    assert "legacy-*" not in [model.id for model in client.models.list()]
    listed = client.get("/x/model_aliases", cast_to=object)
    entries = {entry["id"]: entry for entry in listed["data"]}
    assert entries["legacy-*"] == {
        "id": "legacy-*",
        "object": "model_alias",
        "model": BASE,
        "is_pattern": True,
        "belongs_to": "server",
        "ignores": [],
    }
    assert entries["think-*"]["ignores"] == ["reasoning_effort", "verbosity"]
    shown = words(run("models", "list", **_environment(server, key)).stdout)
    assert "legacy-*" in shown
    assert f"answered by {BASE}" in shown


def test_jobs_train_under_a_name_that_fits(client: OpenAI):
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="legacy-0613", training_file=file.id)
    assert job.model == "legacy-0613"
    client.fine_tuning.jobs.cancel(job.id)


def test_evals_and_their_judges_take_a_name_that_fits(client: OpenAI):
    schema = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    messages = [{"role": "user", "content": "{{item.q}}"}]
    judge = {
        "type": "label_model",
        "name": "judge",
        "model": "legacy-judge",
        "input": messages,
        "labels": ["good", "bad"],
        "passing_labels": ["good"],
    }
    made = client.evals.create(
        data_source_config={"type": "custom", "item_schema": schema, "include_sample_schema": True},
        testing_criteria=[judge],
    )
    run = client.evals.runs.create(
        made.id,
        data_source={
            "type": "completions",
            "model": "legacy-3.5",
            "input_messages": {"type": "template", "template": messages},
            "source": {"type": "file_content", "content": [{"item": {"q": "?"}}]},
        },
    )
    assert run.model == "legacy-3.5"


def test_the_projects_own_alias_comes_before_a_pattern(
    server: RunningServer, client: OpenAI, project: tuple[str, str]
):
    tuned = add_tuned_model(server, project[0], client).name
    client.put("/x/model_aliases/legacy-4", cast_to=object, body={"model": tuned})
    server.engine.says("tuned", "base")
    assert ask(client, "legacy-4").parse().model == tuned
    client.models.delete("legacy-4")
    assert ask(client, "legacy-4").parse().model == "legacy-4"


@pytest.mark.parametrize("path", ["model_aliases", "shadows"])
def test_a_pattern_stands_for_no_tuned_model(
    server: RunningServer, client: OpenAI, project: tuple[str, str], path: str
):
    tuned = add_tuned_model(server, project[0], client).name
    other = add_tuned_model(server, project[0], client).name
    body = {"model": tuned} if path == "model_aliases" else {"old": tuned, "new": other}
    with pytest.raises(BadRequestError, match="is a pattern, and patterns stand for base models"):
        client.put(f"/x/{path}/legacy-4*", cast_to=object, body=body)


def test_a_name_that_only_fits_a_pattern_cannot_be_deleted(client: OpenAI):
    with pytest.raises(PermissionDeniedError):
        client.models.delete("legacy-4")


def test_a_tuned_model_that_is_gone_is_not_answered_for(client: OpenAI):
    with pytest.raises(NotFoundError):
        ask(client, "ft:legacy-4:personal::abc")


def test_what_the_alias_ignores_stands_in_a_header_and_once_in_the_log(
    server: RunningServer, client: OpenAI, caplog: pytest.LogCaptureFixture
):
    server.engine.says("a", "b", "c", "d")
    with caplog.at_level(logging.WARNING, "understudy.answering.prompt"):
        whole = ask(client, "think-1", reasoning_effort="low", verbosity="low")
        ask(client, "think-1", reasoning_effort="high", verbosity="high")
    assert whole.headers[HEADER] == "reasoning_effort, verbosity"
    assert caplog.text.count("'verbosity' of a request under the alias think-* is ignored") == 1
    response = client.responses.with_raw_response.create(
        model="think-1", input="?", reasoning={"effort": "low"}, text={"verbosity": "low"}
    )
    assert response.headers[HEADER] == "reasoning.effort, text.verbosity"
    # What the response says was done is what was done.
    assert response.parse().reasoning.effort is None
    assert HEADER not in ask(client, "think-1").headers


@pytest.mark.parametrize("asked", [{"reasoning_effort": "low"}, {"verbosity": "low"}])
def test_without_that_word_it_is_refused_with_the_way_out(client: OpenAI, asked: dict[str, str]):
    with pytest.raises(BadRequestError, match=r"let the alias that is asked for ignore it") as said:
        ask(client, "legacy-4", **asked)
    assert said.value.param == next(iter(asked))


def _environment(server: RunningServer, key: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": key}
