"""Exports over HTTP: asked for, made by a runner, downloaded whole and in parts."""

import asyncio
import io
import tarfile
from pathlib import Path

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import RunningServer
from tests.unit.exporting.support import load, logits, write_base
from understudy.jobs.export_rows import EXPORTS
from understudy.storage.tables.exports import ExportRow
from understudy.work.attempt import attempt
from understudy.work.lease import claim, release_worker
from understudy.worker.runner.export import ExportContext, export

BASE = "tiny/whole"


@pytest.fixture
def whole(server: RunningServer, tmp_path: Path) -> Path:
    """A base with weights, added to the running server."""
    base = write_base(tmp_path / "whole")
    with server.services.database.write() as session:
        session.query(ExportRow).delete()
    settings = server.home / "understudy.toml"
    before = settings.read_text()
    settings.write_text(f'{before}\n[models."{BASE}"]\ndirectory = "{base}"\n')
    yield base
    settings.write_text(before)


def context_of(server: RunningServer) -> ExportContext:
    services = server.services
    return ExportContext(
        database=services.database,
        blobs=services.blobs,
        catalogue=services.catalogue,
        directory=services.exports_directory,
    )


def work(server: RunningServer) -> None:
    """Do what waits longest, as a runner does."""
    context = context_of(server)
    hold = claim(context.database, EXPORTS, "runner-test")
    assert hold is not None
    asyncio.run(attempt(context.database, hold, export(context, hold)))


def ask(client: OpenAI, **body: str) -> dict:
    return client.post("/x/exports", body=body, cast_to=object)


def show(client: OpenAI, export_id: str) -> dict:
    return client.get(f"/x/exports/{export_id}", cast_to=object)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_export_is_made_and_downloaded_whole_and_from_where_it_broke(
    server: RunningServer, project: tuple[str, str], client: OpenAI, whole: Path, tmp_path: Path
):
    asked = ask(client, model=BASE, format="merged")
    assert (asked["status"], asked["bytes"], asked["type"]) == ("queued", None, None)
    with pytest.raises(NotFoundError, match="nothing to download: it is queued"):
        client.get(f"/x/exports/{asked['id']}/content", cast_to=object)

    work(server)

    done = show(client, asked["id"])
    assert (done["status"], done["error"], done["step"]) == ("succeeded", None, None)
    assert done["difference"]["mean"] == 0.0
    assert "served model" in done["difference"]["sentence"]
    assert ask(client, model=BASE, format="merged")["id"] == asked["id"]

    url = f"{server.url}/v1/x/exports/{asked['id']}/content"
    key = {"authorization": f"Bearer {project[1]}"}
    got = server.http.get(url, headers=key)
    assert (got.status_code, len(got.content)) == (200, done["bytes"])
    rest = server.http.get(
        url, headers=key | {"range": "bytes=1000-", "if-range": got.headers["etag"]}
    )
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes 1000-{done['bytes'] - 1}/{done['bytes']}"
    assert got.content[:1000] + rest.content == got.content
    middle = server.http.get(url, headers=key | {"range": "bytes=700-90000"})
    assert middle.content == got.content[700:90001]
    assert server.http.get(url, headers=key | {"range": "bytes=-5"}).content == got.content[-5:]
    stale = server.http.get(url, headers=key | {"range": "bytes=9-", "if-range": '"other"'})
    assert (stale.status_code, stale.content) == (200, got.content)
    beyond = server.http.get(url, headers=key | {"range": f"bytes={done['bytes']}-"})
    assert beyond.status_code == 416

    with tarfile.open(fileobj=io.BytesIO(got.content)) as archive:
        archive.extractall(tmp_path / "out")
    (directory,) = (tmp_path / "out").iterdir()
    assert directory.name == "tiny-whole-merged"
    assert (logits(load(directory)) == logits(load(whole))).all()

    client.delete(f"/x/exports/{asked['id']}", cast_to=object)
    assert not (server.services.exports_directory / asked["id"]).exists()
    with pytest.raises(NotFoundError):
        show(client, asked["id"])


def test_what_cannot_leave_in_a_format_is_refused_at_once(client: OpenAI, whole: Path):
    with pytest.raises(BadRequestError, match="has no adapter") as refused:
        ask(client, model=BASE, format="peft")
    assert refused.value.param == "format"
    with pytest.raises(BadRequestError, match="The type f16 is one of GGUF files"):
        ask(client, model=BASE, format="merged", type="f16")
    with pytest.raises(NotFoundError, match="does not exist"):
        ask(client, model="ft:none", format="gguf")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_export_that_the_process_refuses_says_why_and_can_be_asked_for_again(
    server: RunningServer, client: OpenAI, whole: Path
):
    file = whole / "config.json"
    file.write_text(file.read_text().replace('"silu"', '"gelu"'))
    asked = ask(client, model=BASE, format="gguf")
    work(server)

    failed = show(client, asked["id"])
    assert (failed["status"], failed["type"], failed["bytes"]) == ("failed", "f16", None)
    assert "hidden_act=gelu" in failed["error"]
    assert not (server.services.exports_directory / asked["id"]).exists()
    assert ask(client, model=BASE, format="gguf")["id"] != asked["id"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_export_of_a_killed_runner_is_made_by_the_next(
    server: RunningServer, client: OpenAI, whole: Path
):
    asked = ask(client, model=BASE, format="merged")
    database = server.services.database
    assert claim(database, EXPORTS, "runner-test") is not None
    assert show(client, asked["id"])["status"] == "running"

    release_worker(database, EXPORTS, "runner-test")
    work(server)

    assert show(client, asked["id"])["difference"]["same_choice"] == 1.0


def test_exports_of_another_project_do_not_exist(
    server: RunningServer, client: OpenAI, whole: Path
):
    asked = ask(client, model=BASE, format="merged")
    assert [each["id"] for each in _listed(client)][:1] == [asked["id"]]
    other = server.client(server.new_project()[1])

    assert _listed(other) == []
    with pytest.raises(NotFoundError):
        show(other, asked["id"])
    with pytest.raises(NotFoundError):
        other.delete(f"/x/exports/{asked['id']}", cast_to=object)


def _listed(client: OpenAI) -> list[dict]:
    return client.get(f"/x/exports?model={BASE}", cast_to=object)["data"]
