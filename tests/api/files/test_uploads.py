"""Uploads in parts, as the official client sends them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import Upload
from sqlalchemy import select, update

from tests.api.harness import RunningServer, running_server
from understudy.schemas.files.uploads import MAX_PART_BYTES
from understudy.server.files import uploads
from understudy.storage.garbage import collect_blobs
from understudy.storage.tables.uploads import UploadPartRow, UploadRow

EXAMPLE = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
LINES = "".join(json.dumps(EXAMPLE) + "\n" for _ in range(40)).encode()


def begin(client: OpenAI, content: bytes = LINES, **more: Any) -> Upload:
    fields: dict[str, Any] = {"purpose": "fine-tune", "filename": "train.jsonl", **more}
    return client.uploads.create(bytes=len(content), mime_type="text/jsonl", **fields)


def add(client: OpenAI, upload: Upload, data: bytes) -> str:
    return client.uploads.parts.create(upload.id, data=data).id


def test_the_parts_of_a_file_may_arrive_in_any_order(client: OpenAI):
    upload = begin(client)
    assert (upload.status, upload.file) == ("pending", None)
    assert upload.expires_at == upload.created_at + 3600
    thirds = [LINES[:700], LINES[700:1500], LINES[1500:]]
    ids = {n: add(client, upload, thirds[n]) for n in (2, 0, 1)}
    digest = hashlib.md5(LINES).hexdigest().upper()

    done = client.uploads.complete(upload.id, part_ids=[ids[n] for n in range(3)], md5=digest)

    assert done.status == "completed"
    assert done.file is not None
    assert (done.file.filename, done.file.purpose) == ("train.jsonl", "fine-tune")
    assert (done.file.bytes, done.file.expires_at) == (len(LINES), None)
    assert client.files.content(done.file.id).content == LINES
    with pytest.raises(openai.BadRequestError, match="status 'completed'"):
        add(client, upload, b"more")
    with pytest.raises(openai.BadRequestError, match="status 'completed'"):
        client.uploads.cancel(upload.id)


def test_the_clients_own_helper_uploads_a_file_in_parts(client: OpenAI, tmp_path: Path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(LINES)
    done = client.uploads.upload_file_chunked(
        file=path, mime_type="txt", purpose="fine-tune", part_size=1000
    )
    assert done.file is not None
    assert client.files.content(done.file.id).content == LINES


def test_a_file_of_an_upload_expires_as_any_other(client: OpenAI):
    for more, seconds in (
        ({"expires_after": {"anchor": "created_at", "seconds": 7200}}, 7200),
        ({"purpose": "batch"}, 30 * 24 * 3600),
    ):
        upload = begin(client, **more)
        done = client.uploads.complete(upload.id, part_ids=[add(client, upload, LINES)])
        assert done.file is not None
        assert done.file.expires_at == done.file.created_at + seconds


def test_an_upload_does_not_expire_while_it_is_completed(
    server: RunningServer, client: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    upload = begin(client)
    ids = [add(client, upload, LINES[:100]), add(client, upload, LINES[100:])]
    database, blobs = server.services.database, server.services.blobs
    with database.write() as session:
        soon = int(database.now(session)) + 30
        session.execute(update(UploadRow).where(UploadRow.id == upload.id).values(expires_at=soon))

    def later(*_: object) -> None:
        monkeypatch.setattr(database, "_clock", lambda: soon + 60.0)
        collect_blobs(database, blobs)

    monkeypatch.setattr(uploads, "check_content", later)
    assert client.uploads.complete(upload.id, part_ids=ids).status == "completed"


def test_parts_that_are_not_the_announced_file_are_refused_and_may_be_corrected(client: OpenAI):
    upload = begin(client)
    first, second = add(client, upload, LINES[:100]), add(client, upload, LINES[100:])
    for ids, md5, param in (
        ([first], None, "part_ids"),
        ([first, first], None, "part_ids"),
        ([first, "part_none"], None, "part_ids"),
        ([first, second], "0" * 32, "md5"),
    ):
        extra = {} if md5 is None else {"md5": md5}
        with pytest.raises(openai.BadRequestError) as refused:
            client.uploads.complete(upload.id, part_ids=ids, **extra)
        assert refused.value.param == param
    with pytest.raises(openai.BadRequestError, match="Line 1 is not a dictionary"):
        client.uploads.complete(upload.id, part_ids=[second, first])
    assert client.uploads.complete(upload.id, part_ids=[first, second]).status == "completed"


def test_a_cancelled_upload_takes_nothing_more(server: RunningServer, client: OpenAI):
    upload = begin(client)
    part = add(client, upload, LINES)
    for _ in range(2):
        assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="status 'cancelled'"):
        client.uploads.complete(upload.id, part_ids=[part])
    assert parts_of(server, upload) == []


def test_an_upload_takes_parts_for_an_hour(server: RunningServer, client: OpenAI):
    upload = begin(client)
    part = add(client, upload, LINES)
    with server.services.database.write() as session:
        session.execute(update(UploadRow).where(UploadRow.id == upload.id).values(expires_at=1))
    for _ in range(2):
        with pytest.raises(openai.BadRequestError, match="status 'expired'"):
            client.uploads.complete(upload.id, part_ids=[part])
        collect_blobs(server.services.database, server.services.blobs)
    assert parts_of(server, upload) == []


def test_parts_keep_their_bytes_while_their_upload_waits(server: RunningServer, client: OpenAI):
    upload = begin(client)
    part = add(client, upload, LINES)
    collect_blobs(server.services.database, server.services.blobs, grace_seconds=-1)
    assert client.uploads.complete(upload.id, part_ids=[part]).status == "completed"


def test_a_request_that_makes_no_upload_is_refused(client: OpenAI):
    for change, code in (
        ({"purpose": "batch_output"}, "invalid_value"),
        ({"bytes": 8 * 1024**3 + 1}, "integer_above_max_value"),
        ({"bytes": -1}, "integer_below_min_value"),
        (
            {"expires_after": {"anchor": "created_at", "seconds": 1}},
            "integer_below_min_value",
        ),
    ):
        fields: dict[str, Any] = {
            "purpose": "fine-tune",
            "filename": "f",
            "bytes": 1,
            "mime_type": "txt",
        }
        with pytest.raises(openai.BadRequestError) as refused:
            client.uploads.create(**{**fields, **change})
        assert refused.value.code == code
    empty = client.uploads.create(bytes=0, filename="f", mime_type="t", purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="The file is empty"):
        client.uploads.complete(empty.id, part_ids=[])


def test_a_part_that_is_too_large_or_in_the_wrong_field_is_refused(
    server: RunningServer, client: OpenAI
):
    upload = begin(client)
    with pytest.raises(openai.APIStatusError) as refused:
        add(client, upload, b"x" * (MAX_PART_BYTES + 1))
    assert (refused.value.status_code, refused.value.param) == (413, "data")
    headers = {"authorization": f"Bearer {client.api_key}"}
    url = f"/v1/uploads/{upload.id}/parts"
    wrong = server.http.post(url, files={"file": b"x"}, headers=headers)
    assert wrong.status_code == 400
    assert parts_of(server, upload) == []


def test_uploads_of_other_projects_are_not_found(server: RunningServer, client: OpenAI):
    upload = begin(client)
    foreign = server.client(server.new_project()[1])
    for attempt in (
        lambda: add(foreign, upload, b"x"),
        lambda: foreign.uploads.complete(upload.id, part_ids=[]),
        lambda: foreign.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.NotFoundError):
            attempt()


def test_what_a_client_repeats_is_done_once(server: RunningServer, client: OpenAI):
    again = {"x-stainless-retry-count": "1"}
    upload = begin(client)
    part = add(client, upload, LINES)
    repeated = client.uploads.parts.create(upload.id, data=LINES, extra_headers=again)
    assert repeated.id == part
    done = client.uploads.complete(upload.id, part_ids=[part])
    once_more = client.uploads.complete(upload.id, part_ids=[part], extra_headers=again)
    assert once_more == done


def test_an_upload_continues_after_a_restart_of_the_server(tmp_path: Path):
    with running_server(tmp_path / "home") as server:
        project, key = server.new_project()
        client = server.client(key)
        upload = begin(client)
        first = add(client, upload, LINES[:1000])
    with running_server(tmp_path / "home") as server:
        client = server.client(key)
        second = add(client, upload, LINES[1000:])
        done = client.uploads.complete(upload.id, part_ids=[first, second])
        assert done.file is not None
        assert client.files.content(done.file.id).content == LINES
        assert project


def parts_of(server: RunningServer, upload: Upload) -> list[str]:
    with server.services.database.read() as session:
        query = select(UploadPartRow.id).where(UploadPartRow.upload_id == upload.id)
        return list(session.scalars(query))
