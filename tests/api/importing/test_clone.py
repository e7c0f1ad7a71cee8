"""A model of an account elsewhere is cloned: what is asked, what teaches, and what is refused.

The runner that trains is not here: each distillation that the command makes is cancelled at once.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import BASE, RunningServer, running_server
from tests.remote import FakeRemote
from tests.unit.cli.support import run, words
from understudy.cli.cloning import command

OLD = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123"
OTHER = "ft:gpt-4o-mini-2024-07-18:acme:other:def456"


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a remote model that is the old one."""
    with FakeRemote().running() as remote:
        table = remote.table(
            "old-triage", f'model = "{OLD}"', "price_in = 3.0", "price_out = 1000.0"
        )
        with running_server(tmp_path_factory.mktemp("joined"), table) as server:
            yield server


@pytest.fixture
def key(joined: RunningServer) -> str:
    return joined.new_project()[1]


@pytest.fixture
def client(joined: RunningServer, key: str) -> OpenAI:
    return joined.client(key)


@pytest.fixture
def clone(joined: RunningServer, key: str, client: OpenAI, monkeypatch: pytest.MonkeyPatch):
    """Run `understudy clone`; what it makes is cancelled instead of waited for."""

    def cancelled(read: Any) -> Any:
        return client.post(f"/x/distillations/{read()['id']}/cancel", cast_to=object)

    monkeypatch.setattr(command, "follow_distillation", cancelled)
    here = {"OPENAI_BASE_URL": f"{joined.url}/v1", "OPENAI_API_KEY": key}
    return lambda *options: run("clone", *options, "--base", BASE, **here)


def line(question: str, answer: str | None = "billing") -> dict[str, Any]:
    answered = [] if answer is None else [{"role": "assistant", "content": answer}]
    return {"messages": [{"role": "user", "content": question}, *answered]}


def jsonl(*lines: dict[str, Any]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in lines).encode()


def put(client: OpenAI, kind: str, object: dict[str, Any], **more: Any) -> None:
    body = {"source": "https://api.openai.com/v1", "object": object, **more}
    client.put(f"/x/history/{kind}/{object['id']}", cast_to=dict, body=body)


def import_job(client: OpenAI, *lines: dict[str, Any], model: str = OLD) -> None:
    """Leave here what `understudy import openai` leaves of a job."""
    copy = client.files.create(file=("train.jsonl", jsonl(*lines)), purpose="fine-tune").id
    job = {"id": "ftjob-1", "fine_tuned_model": model, "training_file": "file-there"}
    put(client, "jobs", job, file_ids={"file-there": copy})


def import_completion(client: OpenAI, question: str, answer: str, model: str = OLD) -> None:
    pair = {
        "request": {"model": model, "messages": [{"role": "user", "content": question}]},
        "response": {
            "model": model,
            "choices": [{"message": {"role": "assistant", "content": answer}}],
        },
    }
    log = client.files.create(file=("log.jsonl", jsonl(pair)), purpose="user_data").id
    client.post("/x/chat/completions/import", cast_to=object, body={"file_id": log})


def made(client: OpenAI) -> dict[str, Any]:
    (found,) = client.get("/x/distillations", cast_to=dict[str, Any])["data"]
    return found["request"]


def asked(client: OpenAI) -> list[dict[str, Any]]:
    content = client.files.content(made(client)["source"]["file_id"]).text
    return [json.loads(each) for each in content.splitlines()]


def test_each_prompt_that_is_known_is_asked_once_without_its_answer(
    clone, client: OpenAI, tmp_path: Path
):
    import_job(client, *(line(f"Question {n}") for n in range(15)))
    import_completion(client, "Question 0", "shipping")
    import_completion(client, "From the store", "shipping")
    import_completion(client, "Of another model", "shipping", model=OTHER)
    more = tmp_path / "more.jsonl"
    more.write_bytes(jsonl(line("Question 1", None), {"prompt": "From the file"}))

    done = clone(OLD, "--file", str(more), "--yes")

    told = words(done.output)
    assert (
        "17 prompts, each once: 2 of stored completions, 14 of training file, 1 of more.jsonl"
        in told
    )
    assert "17 requests" in told
    questions = [each["messages"][-1]["content"] for each in asked(client)]
    assert sorted(questions) == sorted(
        [*(f"Question {n}" for n in range(15)), "From the store", "From the file"]
    )
    assert all(len(each["messages"]) == 1 for each in asked(client))
    request = made(client)
    assert (request["teacher"], request["student"]) == ("old-triage", BASE)
    assert (request["suffix"], request["metadata"]) == ("triage", {"clone_of": OLD})


def test_tools_and_formats_are_asked_too(clone, client: OpenAI):
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    import_job(client, *(line(f"Question {n}") | {"tools": tools} for n in range(15)))

    clone(OLD, "--yes")

    assert asked(client)[0]["tools"] == tools


def test_a_prompt_that_no_model_here_can_be_asked_is_left_out_and_named(clone, client: OpenAI):
    wrong = {"messages": [{"role": "nobody", "content": "?"}]}
    import_job(client, *(line(f"Question {n}") for n in range(15)), wrong, wrong)

    told = words(clone(OLD, "--yes").output)

    assert "2 of training file cannot be asked here and are left out." in told
    assert "Line 16 of the training file file-there: 'messages.0" in told
    assert len(asked(client)) == 15


def test_nothing_is_asked_before_the_estimate_is_confirmed(clone, client: OpenAI):
    # Forty letters each, so ten tokens; the answers have eight letters.
    import_job(client, *(line("q" * 38 + f"{n:02}", "a" * 8) for n in range(20)))

    done = clone(OLD)

    assert done.exit_code == 1
    assert "20 requests, about 200 tokens of prompts and 40 of answers" in words(done.output)
    assert "about 0.04, by its price_in and price_out" in words(done.output)
    assert client.get("/x/distillations", cast_to=dict[str, Any])["data"] == []


def test_a_model_that_cannot_be_asked_says_which_lines_are_missing(clone, client: OpenAI):
    import_job(client, *(line(f"Question {n}") for n in range(15)), model=OTHER)

    done = clone(OTHER, "--yes")

    assert done.exit_code == 1
    assert '[remote_models."old-other"]' in done.output
    assert f'model = "{OTHER}"' in done.output


def test_answers_that_are_here_teach_when_the_model_has_stopped(clone, client: OpenAI):
    import_job(client, *(line(f"Question {n}") for n in range(15)))
    import_completion(client, "Question 0", "shipping")
    put(client, "models", {"id": OLD, "shutdown_date": "2025-01-14"})

    done = clone(OLD)

    told = words(done.output)
    assert f"{OLD} stopped on 2025-01-14." in told
    assert "1 answers that the old model gave teach, and 14 answers of files" in told
    assert made(client)["source"]["metadata"] == {"clone_of": OLD}
    taught = client.chat.completions.list(metadata={"clone_of": OLD}, limit=100).data
    assert sorted(each.model for each in taught) == [OLD] + ["training file"] * 14
    (own,) = [each for each in taught if each.model == OLD]
    assert own.choices[0].message.content == "shipping"


def test_stored_answers_are_taken_once_however_often_it_is_cloned(clone, client: OpenAI):
    import_job(client, *(line(f"Question {n}") for n in range(15)))

    clone(OLD, "--stored")
    clone(OLD, "--stored")

    assert len(client.chat.completions.list(metadata={"clone_of": OLD}, limit=100).data) == 15


def test_prompts_of_preference_files_are_known_too(clone, client: OpenAI):
    asked_messages = [{"role": "user", "content": "?"}]
    pair = {
        "preferred_output": [{"role": "assistant", "content": "Good"}],
        "non_preferred_output": [{"role": "assistant", "content": "Bad"}],
    }
    pairs = [
        {**pair, "input": {"messages": [*asked_messages, {"role": "user", "content": str(n)}]}}
        for n in range(15)
    ]
    import_job(client, *pairs)

    clone(OLD, "--stored")

    (first, *_) = client.chat.completions.list(metadata={"clone_of": OLD}).data
    assert first.choices[0].message.content == "Good"


def test_only_a_clone_of_the_same_model_is_followed(clone, client: OpenAI):
    import_job(client, *(line(f"Question {n}") for n in range(15)))
    clone(OLD, "--yes")
    id = client.get("/x/distillations", cast_to=dict[str, Any])["data"][0]["id"]

    done = clone(OTHER, "--follow", id, "--alias")

    assert done.exit_code == 1
    assert f"{id} is no clone of {OTHER}" in words(done.output)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Line 1 of more.jsonl holds no prompt"),
        (b'{"prompt": "ok"}\n{"text": "?"}\n', "Line 2 of more.jsonl holds no prompt"),
        (b'{"prompt": "ok"}\n', "1 prompts are too few"),
        (b"", f"Nothing is known here of {OLD}"),
    ],
)
def test_what_cannot_be_cloned_is_refused_before_anything_is_asked(
    clone, client: OpenAI, tmp_path: Path, content: bytes, said: str
):
    more = tmp_path / "more.jsonl"
    more.write_bytes(content)

    done = clone(OLD, "--file", str(more), "--yes")

    assert done.exit_code == 1
    assert said in words(done.output)


def test_the_name_of_a_remote_model_is_refused_as_an_alias_before_anything_is_asked(
    clone, client: OpenAI
):
    import_job(client, *(line(f"Question {n}") for n in range(15)))

    done = clone("old-triage", "--alias", "--yes")

    assert done.exit_code == 1
    assert "it cannot become an alias" in words(done.output)
