"""Models as things that are kept: what each is, when it was used, and the room that all take."""

import json
import struct
from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import ALIAS, BASE, RunningServer, TunedModel, add_tuned_model
from understudy.server.models.kept import figure_of
from understudy.storage.evals.report_cards import COMPLETED, begin_report

SHARE = {"base": {"passed": 1, "total": 4}, "tuned": {"passed": 3, "total": 4}}
NONE_RIGHT = {"base": {"passed": 0, "total": 4}, "tuned": {"passed": 0, "total": 4}}
TOKENS = {"base": 0.25, "tuned": 0.5}


@pytest.fixture
def tuned(server: RunningServer, project: tuple[str, str], client: OpenAI) -> TunedModel:
    made = add_tuned_model(server, project[0], client)
    directory = server.home / "models" / made.job_id
    directory.mkdir(parents=True)
    (directory / "adapter_model.safetensors").write_bytes(safetensors(12))
    return made


def safetensors(parameters: int) -> bytes:
    tensor = {"dtype": "F32", "shape": [parameters], "data_offsets": [0, 4 * parameters]}
    header = json.dumps({"a": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * parameters)


def models_of(client: OpenAI) -> dict[str, Any]:
    answer: Any = client.get("/x/models", cast_to=object)
    return {model["id"]: model for model in answer["data"]}


def disk_of(client: OpenAI) -> dict[str, Any]:
    answer: Any = client.get("/x/disk", cast_to=object)
    assert answer["total_bytes"] == sum(part["bytes"] for part in answer["data"])
    return {part["kind"]: part for part in answer["data"]}


def test_a_base_says_how_large_it_is_and_what_it_reads(server: RunningServer, client: OpenAI):
    base = models_of(client)["understudy-nano"]
    directory = server.services.catalogue().bases["understudy-nano"].directory
    assert base["kind"] == "base"
    # The weights are bfloat16 behind a header of a few kilobytes.
    size = (directory / "model.safetensors").stat().st_size
    assert 0 < size - 2 * base["parameters"] < 20_000
    config = json.loads((directory / "config.json").read_text())
    assert base["context"] == config["max_position_embeddings"]
    assert base["bytes"] == sum(p.stat().st_size for p in directory.iterdir() if p.is_file())
    assert (base["last_used_at"], base["job_id"], base["figure"]) == (None, None, None)


def test_an_alias_is_an_alias_and_takes_no_room(client: OpenAI):
    models = models_of(client)
    alias = models[ALIAS]
    assert (alias["kind"], alias["alias_of"], alias["bytes"]) == ("alias", BASE, None)
    assert alias["context"] == models[BASE]["context"]


def test_a_tuned_model_names_its_base_and_job_and_counts_both_weights(
    server: RunningServer, client: OpenAI, tuned: TunedModel
):
    base = server.home / "bases" / "tiny" / "model.safetensors"
    base.write_bytes(safetensors(100))
    models = models_of(client)
    base.unlink()
    found = models[tuned.name]
    assert (found["kind"], found["base"], found["job_id"]) == ("tuned", BASE, tuned.job_id)
    assert (models[BASE]["parameters"], found["trained_parameters"]) == (100, 12)
    assert found["parameters"] == 112
    assert found["context"] == models[BASE]["context"]
    assert models_of(client)[BASE]["parameters"] is None
    weights = server.home / "models" / tuned.job_id / "adapter_model.safetensors"
    assert found["bytes"] == weights.stat().st_size


def test_a_model_whose_files_are_away_is_listed_without_their_numbers(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    lost = add_tuned_model(server, project[0], client)
    found = models_of(client)[lost.name]
    assert (found["bytes"], found["parameters"], found["trained_parameters"]) == (None, None, None)


def test_a_question_is_the_last_use_of_a_model_and_of_the_base_below_an_alias(
    server: RunningServer, client: OpenAI, tuned: TunedModel
):
    def ask(model: str) -> None:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])

    ask(tuned.name)
    models = models_of(client)
    assert models[tuned.name]["last_used_at"] >= models[tuned.name]["created"]
    assert models[BASE]["last_used_at"] is None
    ask(ALIAS)
    models = models_of(client)
    assert None not in (models[ALIAS]["last_used_at"], models[BASE]["last_used_at"])
    client.models.delete(tuned.name)
    assert tuned.name not in models_of(client)


def test_a_project_that_may_use_a_model_learns_nothing_of_its_job(
    server: RunningServer, client: OpenAI, tuned: TunedModel
):
    friend_id, friends_key = server.new_project("friend")
    path = f"/fine_tuning/checkpoints/{tuned.name}/permissions"
    client.post(path, cast_to=object, body={"project_ids": [friend_id]})
    found = models_of(server.client(friends_key))[tuned.name]
    assert (found["job_id"], found["figure"], found["last_used_at"]) == (None, None, None)
    assert found["base"] == BASE


def test_the_figure_of_a_report_card_stands_at_its_model(
    server: RunningServer, project: tuple[str, str], client: OpenAI, tuned: TunedModel
):
    with server.services.database.write() as session:
        report = begin_report(
            session, tuned.job_id, project[0], base_loss=1.0, base_token_accuracy=0.2, now=1.0
        )
        report.status = COMPLETED
        report.card = {"exact_match": SHARE, "token_accuracy": TOKENS}
    figure = models_of(client)[tuned.name]["figure"]
    assert figure == {"measure": "exact_match", "base": 0.25, "tuned": 0.75}


@pytest.mark.parametrize(
    ("exact", "tokens", "passing", "measure"),
    [
        (SHARE, TOKENS, None, "exact_match"),
        (NONE_RIGHT, TOKENS, None, "token_accuracy"),
        (None, None, SHARE, "passing"),
        (None, None, {"base": {"passed": 0, "total": 0}, "tuned": {"passed": 0, "total": 0}}, None),
        (None, None, None, None),
    ],
)
def test_the_figure_is_the_one_that_says_most(exact: Any, tokens: Any, passing: Any, measure: Any):
    found = figure_of(exact, tokens, passing)
    assert (None if found is None else found.measure) == measure


def test_the_disk_counts_what_is_kept_of_each_kind_once(
    server: RunningServer, client: OpenAI, tuned: TunedModel
):
    before = disk_of(client)
    assert before["bases"]["belongs_to"] == "server"
    assert before["tuned"]["bytes"] == models_of(client)[tuned.name]["bytes"]
    content = b"x" * 1000
    for name in ("a.txt", "b.txt"):
        client.files.create(file=(name, content), purpose="user_data")
    client.chat.completions.create(
        model=BASE, messages=[{"role": "user", "content": "ü" * 100}], store=True
    )
    after = disk_of(client)
    assert after["files"]["bytes"] == before["files"]["bytes"] + len(content)
    assert after["files"]["count"] == before["files"]["count"] + 2
    assert after["logs"]["count"] == 1
    assert after["logs"]["bytes"] > 200
