"""Files through the official client: what goes in comes out, and what is wrong is said."""

import base64
import json
from collections.abc import Iterator
from hashlib import sha256

import httpx2
import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, OpenAI

from tests.api.harness import RunningServer, running_server
from understudy.ids import unix_now
from understudy.schemas.files.files import RESULT_PURPOSE
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.garbage import delete_expired
from understudy.storage.tables.projects import FileRow

LINE = json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode() + b"\n"

FORM = (
    b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nevals\r\n'
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n{}\r\n--b--\r\n'
)


def upload(client: OpenAI, content: bytes = LINE, name: str = "train.jsonl", **more):
    return client.files.create(file=(name, content), purpose="fine-tune", **more)


def test_an_uploaded_file_comes_back_byte_for_byte(client: OpenAI):
    content = LINE * 5000
    file = upload(client, content)
    assert file.id.startswith("file-")
    assert (file.object, file.status, file.bytes) == ("file", "processed", len(content))
    assert (file.filename, file.purpose, file.expires_at) == ("train.jsonl", "fine-tune", None)
    answer = client.files.content(file.id)
    assert answer.read() == content
    headers = answer.response.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == 'attachment; filename="train.jsonl"'
    assert client.files.retrieve(file.id) == file
    assert client.files.wait_for_processing(file.id) == file


def test_a_file_without_a_name_is_accepted(client: OpenAI):
    assert client.files.create(file=LINE, purpose="fine-tune").filename == "upload"


def test_listing_goes_through_all_pages_in_either_order(client: OpenAI):
    ids = [upload(client, LINE * (i + 1)).id for i in range(5)]
    assert [file.id for file in client.files.list(limit=2)] == ids[::-1]
    assert [file.id for file in client.files.list(limit=2, order="asc")] == ids
    page = client.files.list(limit=2)
    assert page.has_more
    assert (page.first_id, page.last_id) == (ids[4], ids[3])


def test_listing_can_be_narrowed_to_a_purpose(client: OpenAI):
    upload(client)
    other = client.files.create(file=("notes.txt", b"plain"), purpose="user_data")
    assert [file.id for file in client.files.list(purpose="user_data")] == [other.id]


def test_a_limit_of_zero_and_an_unknown_cursor_are_tolerated(client: OpenAI):
    file = upload(client)
    assert client.files.list(limit=0).data == []
    assert [f.id for f in client.files.list(after="file-gone")] == [file.id]


def test_a_limit_out_of_range_is_refused(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        client.files.list(limit=10_001)
    assert (refused.value.param, refused.value.code) == ("limit", "integer_above_max_value")


def test_a_deleted_file_is_gone(client: OpenAI):
    file = upload(client)
    deleted = client.files.delete(file.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (file.id, "file", True)
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(NotFoundError) as gone:
            ask(file.id)
        assert gone.value.body == {
            "message": f"No such File object: {file.id}",
            "type": "invalid_request_error",
            "param": "id",
            "code": None,
        }


def test_a_file_expires_when_its_time_is_over(client: OpenAI, server: RunningServer):
    file = upload(client, expires_after={"anchor": "created_at", "seconds": 3600})
    assert file.expires_at == file.created_at + 3600
    with server.services.database.write() as session:
        delete_expired(session, FileRow, file.created_at + 3601)
    with pytest.raises(NotFoundError):
        client.files.retrieve(file.id)


@pytest.mark.parametrize(
    ("seconds", "code"), [(3599, "integer_below_min_value"), (2_592_001, "integer_above_max_value")]
)
def test_a_lifetime_out_of_range_is_refused(client: OpenAI, seconds: int, code: str):
    with pytest.raises(BadRequestError) as refused:
        upload(client, expires_after={"anchor": "created_at", "seconds": seconds})
    assert (refused.value.param, refused.value.code) == ("expires_after.seconds", code)


def test_what_is_not_jsonl_is_refused_for_training_only(client: OpenAI):
    text = b'id,text\n1,"hello"\n'
    with pytest.raises(
        BadRequestError, match=r"Line 1 is not a dictionary \(HINT: line starts with"
    ):
        upload(client, text)
    assert client.files.create(file=("a.csv", text), purpose="assistants").bytes == len(text)


def test_an_empty_file_is_refused(client: OpenAI):
    with pytest.raises(BadRequestError, match="The file is empty"):
        upload(client, b"")


def test_a_wrong_purpose_is_refused(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        client.files.create(file=LINE, purpose="training")  # type: ignore[arg-type]
    assert refused.value.body["message"] == (
        "'training' is not one of ['fine-tune','assistants','batch','user_data','vision','evals']"
        " - 'purpose'"
    )
    assert refused.value.param == "purpose"


def post_form(server: RunningServer, key: str, **form) -> httpx2.Response:
    return server.http.post("/v1/files", headers={"Authorization": f"Bearer {key}"}, **form)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"files": {"file": LINE}}, "purpose"),
        ({"files": {"other": LINE}, "data": {"purpose": "evals"}}, "other"),
        ({"files": {"purpose": (None, "evals")}}, "file"),
        ({"files": [("file", LINE), ("file", LINE)], "data": {"purpose": "evals"}}, "file"),
        ({"files": {"file": LINE}, "data": {"purpose": "evals", "color": "red"}}, "color"),
        ({"files": {"file": LINE}, "data": {"purpose": "x" * 2000}}, "purpose"),
    ],
)
def test_a_form_with_missing_unknown_or_double_fields_is_refused(
    server: RunningServer, key: str, form: dict, param: str
):
    answer = post_form(server, key, **form)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_the_purpose_may_stand_behind_the_file(server: RunningServer, key: str):
    answer = post_form(
        server, key, files=[("file", ("a.jsonl", LINE)), ("purpose", (None, "evals"))]
    )
    assert answer.status_code == 200
    assert answer.json()["purpose"] == "evals"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "application/json"),
        (b"purpose=evals", "application/x-www-form-urlencoded"),
        (b"--b\r\n", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (
            b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nhalf a fi',
            "multipart/form-data; boundary=b",
        ),
        (b"x", "multipart/form-data; boundary=" + "b" * 5000),
        (FORM + b"and more", "multipart/form-data; boundary=b"),
        (FORM + b"\r\n" * 100, "multipart/form-data; boundary=b"),
        (iter([FORM, *[b"x" * 65536] * 100]), "multipart/form-data; boundary=b"),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    server: RunningServer, key: str, content: bytes | Iterator[bytes], content_type: str
):
    answer = server.http.post(
        "/v1/files",
        headers={"Authorization": f"Bearer {key}", "content-type": content_type},
        content=content,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\n"])
def test_a_form_may_end_with_its_boundary_or_some_line_ends(
    server: RunningServer, key: str, end: bytes
):
    headers = {"Authorization": f"Bearer {key}", "content-type": "multipart/form-data; boundary=b"}
    form = FORM.removesuffix(b"\r\n") + end
    for content in (form, (bytes([byte]) for byte in form)):
        assert server.http.post("/v1/files", headers=headers, content=content).status_code == 200


def test_a_filename_in_another_script_survives_the_download(client: OpenAI):
    file = upload(client, name='обучение "1".jsonl')
    header = client.files.content(file.id).response.headers["content-disposition"]
    assert "\n" not in header
    assert "filename*=UTF-8''%D0%BE%D0%B1" in header


def record_results(server: RunningServer, project_id: str, csv: bytes) -> str:
    blob = server.services.blobs.write([csv])
    with server.services.database.write() as session:
        new = NewFile(
            project_id=project_id,
            purpose=RESULT_PURPOSE,
            filename="step_metrics.csv",
            blob=blob,
            created_at=unix_now(),
        )
        return insert_file(session, new).id


@pytest.mark.parametrize("length", [0, 1, 2, 3, 500_000])
def test_a_result_file_is_served_as_base64_with_the_size_of_its_text(
    server: RunningServer, project: tuple[str, str], client: OpenAI, length: int
):
    csv = (b"step,train_loss\n" * 40_000)[:length]
    file_id = record_results(server, project[0], csv)
    body = client.files.content(file_id).read()
    assert base64.b64decode(body) == csv
    assert client.files.retrieve(file_id).bytes == len(body)


def test_a_result_file_is_served_plain_when_the_server_is_set_so(tmp_path):
    with running_server(tmp_path, 'result_file_encoding = "plain"') as server:
        project_id, key = server.new_project()
        file_id = record_results(server, project_id, b"step,train_loss\n1,0.5\n")
        client = server.client(key)
        assert client.files.content(file_id).text == "step,train_loss\n1,0.5\n"
        assert client.files.retrieve(file_id).bytes == 22


def test_the_deprecated_way_to_read_a_file_still_works(client: OpenAI):
    file = upload(client)
    with pytest.warns(DeprecationWarning, match=r"content\(\)"):
        assert client.files.retrieve_content(file.id) == LINE.decode()


def test_a_file_whose_bytes_are_gone_is_named_as_such_and_others_still_answer(
    server: RunningServer, client: OpenAI
):
    content = LINE.replace(b"hi", b"soon gone")
    kept, lost = upload(client), upload(client, content)
    server.services.blobs.path(sha256(content).hexdigest()).unlink()
    with pytest.raises(InternalServerError, match="`understudy doctor` names") as raised:
        client.files.content(lost.id)
    assert raised.value.code == "storage_damaged"
    assert client.files.content(kept.id).read() == LINE
