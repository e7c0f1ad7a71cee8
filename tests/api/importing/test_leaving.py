"""How far a project is on its way out of OpenAI: what was imported, cloned, shadowed, renamed."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import RunningServer, add_tuned_model, running_server
from tests.api.importing.test_clone import OLD, OTHER, import_job, line, put
from tests.remote import FakeRemote


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with FakeRemote().running() as remote:
        table = remote.table("old-triage", f'model = "{OLD}"')
        with running_server(tmp_path_factory.mktemp("joined"), table) as server:
            yield server


def look(client: OpenAI) -> dict[str, Any]:
    return client.get("/x/leaving", cast_to=object)  # type: ignore[return-value]


def test_each_step_that_was_taken_is_shown(joined: RunningServer):
    project, key = joined.new_project()
    client = joined.client(key)
    # What understudy.toml says of the remote is known before anything is imported.
    before = look(client)
    assert (before["last_job"], before["models_stop"]) == ("2027-01-06", "2027-01-14")
    assert (before["imported"], before["last_imported_at"]) == ({}, None)
    assert [(m["id"], m["remote"], m["clone"], m["alias"]) for m in before["models"]] == [
        (OLD, "old-triage", None, None)
    ]

    put(client, "models", {"id": OTHER, "object": "model", "shutdown_date": "2027-01-14"})
    import_job(client, line("My invoice?"))
    new = add_tuned_model(joined, project, client).name
    body = {"old": "old-triage", "new": new}
    client.put(f"/x/shadows/{OLD}", cast_to=object, body=body)
    file = client.files.create(
        file=("questions.jsonl", b'{"prompt": "?"}\n' * 20), purpose="user_data"
    )
    request = {
        "source": {"type": "questions", "file_id": file.id},
        "teacher": "old-triage",
        "student": "tiny/chat",
        "metadata": {"clone_of": OLD},
    }
    made: Any = client.post("/x/distillations", cast_to=object, body=request)

    now = look(client)

    assert now["imported"] == {"models": 1, "jobs": 1}
    by_name = {each["id"]: each for each in now["models"]}
    assert by_name[OTHER]["shutdown_date"] == "2027-01-14"
    assert by_name[OTHER]["remote"] is None
    old = by_name[OLD]
    assert old["clone"] == {
        "distillation_id": made["id"],
        "status": "queued",
        "model": None,
        "verdict": None,
    }
    assert old["alias"] == {
        "model": "old-triage",
        "is_shadowed": True,
        "calls": 0,
        "last_called_at": None,
    }
    assert look(joined.client(joined.new_project()[1])) == before
