"""Every error leaves in the envelope, with the right status, and the server goes on answering."""

import http.client
import json
import socket
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from openai import AuthenticationError, BadRequestError, InternalServerError, OpenAI

from tests.api.harness import RunningServer, wait_until
from understudy.errors import StorageFullError
from understudy.server.files.upload import FILE
from understudy.server.http import edge
from understudy.storage.blobs import BlobWriter

MEGABYTE = 1024 * 1024


def call(
    server: RunningServer, key: str | None, method: str, path: str, **more
) -> tuple[httpx2.Response, dict]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= more.pop("headers", {})
    answer = server.http.request(method, path, headers=headers, **more)
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("req_")
    return answer, body["error"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/_stainless_unknown_path", "/v1/nothing", "/v1/files/a/b"])
def test_an_unknown_route_is_a_404_in_the_envelope(server: RunningServer, method: str, path: str):
    answer, error = call(server, None, method, path)
    assert answer.status_code == 404
    assert error == {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": None,
        "code": "unknown_url",
    }


def test_a_wrong_method_says_which_ones_are_right(server: RunningServer, key: str):
    answer, error = call(server, key, "PUT", "/v1/chat/completions")
    assert (answer.status_code, error["code"]) == (405, "method_not_supported")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    # Stored completions are listed here too, by a route of another module.
    assert "Allowed: GET, HEAD, POST, OPTIONS." in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("POST", "/chat/completions", "/v1/chat/completions"),
        ("GET", "/models", "/v1/models"),
        ("POST", "/v1/v1/responses", "/v1/responses"),
        ("POST", "/v1/chat/completions/", "/v1/chat/completions"),
        ("GET", "/fine_tuning/jobs/ftjob-1", "/v1/fine_tuning/jobs/ftjob-1"),
    ],
)
def test_a_base_url_without_its_prefix_is_recognised(
    server: RunningServer, method: str, path: str, meant: str
):
    answer, error = call(server, None, method, path)
    assert (answer.status_code, error["code"]) == (404, "unknown_url")
    assert error["message"].startswith(f"Invalid URL ({method} {path}); did you mean {meant}?")


def test_the_base_url_itself_says_what_it_is(server: RunningServer):
    assert "this is the base URL of the API" in call(server, None, "GET", "/v1")[1]["message"]


def test_options_names_the_methods_and_head_is_get_without_a_body(server: RunningServer, key: str):
    options = server.http.request("OPTIONS", "/v1/models")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    head = server.http.head("/v1/models", headers={"Authorization": f"Bearer {key}"})
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 10
    assert server.http.head("/").status_code == 200
    assert server.http.head("/v1/models").status_code == 401


def test_what_an_error_says_stands_in_a_header_for_other_languages(server: RunningServer, key: str):
    answer, error = call(server, key, "GET", "/v1/files/file-none")
    said = json.loads(answer.headers["x-understudy-wording"])
    assert said == {"code": "api.no_file", "values": {"file": "file-none"}}
    assert error["message"] == "No such File object: file-none"


def test_without_a_key_nothing_is_answered(server: RunningServer):
    for header in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}):
        answer, error = call(server, None, "GET", "/v1/models", headers=header)
        assert (answer.status_code, error["code"]) == (401, None)
        assert error["message"].startswith("You didn't provide an API key.")


def test_an_unknown_key_is_shown_masked(server: RunningServer):
    with pytest.raises(AuthenticationError) as refused:
        server.client("sk-abcdefghijklmnopqrstuvwxyz").models.list()
    assert refused.value.code == "invalid_api_key"
    assert "Incorrect API key provided: sk-ab***yz." in refused.value.message
    assert "cdefgh" not in refused.value.message


def test_every_answer_carries_the_headers_that_clients_log(client: OpenAI):
    answer = client.models.with_raw_response.list()
    assert answer.headers["openai-version"] == "2020-10-01"
    assert answer.headers["openai-organization"] == "personal"
    assert int(answer.headers["openai-processing-ms"]) >= 0
    assert answer.parse()._request_id == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"model": NaN}',
        b'{"model": 1e999}',
        b'{"model": "a", "model": "b"}',
        b'{"model": "\xff"}',
        b'{"model": "\\ud800"}',
        b'{"model": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"model": ' + b"9" * 5000 + b"}",
    ],
)
@pytest.mark.parametrize("path", ["/v1/fine_tuning/jobs", "/v1/chat/completions"])
def test_a_body_that_is_not_strictly_json_is_refused(
    server: RunningServer, key: str, path: str, body: bytes
):
    headers = {"content-type": "application/json"}
    answer, error = call(server, key, "POST", path, content=body, headers=headers)
    assert answer.status_code == 400
    assert error["message"].startswith("We could not parse the JSON body of your request")


def test_a_form_is_refused_where_json_is_expected(server: RunningServer, key: str):
    answer, error = call(server, key, "POST", "/v1/chat/completions", data={"model": "x"})
    assert (answer.status_code, error["code"]) == (400, "unsupported_content_type")


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=1.5", "limit=5000", "limit="])
def test_a_query_value_out_of_range_is_a_400(server: RunningServer, key: str, query: str):
    answer, error = call(server, key, "GET", f"/v1/fine_tuning/jobs?{query}")
    assert (answer.status_code, error["param"]) == (400, "limit")


HUGE = "9" * 5000
EVAL: dict[str, Any] = {
    "data_source_config": {"type": "custom", "item_schema": {"type": "object"}},
    "testing_criteria": [
        {"type": "string_check", "name": "a", "input": "a", "reference": "a", "operation": "eq"}
    ],
}


def test_a_retry_of_any_number_is_a_retry(client: OpenAI):
    headers = {"x-stainless-retry-count": HUGE}
    made = [client.evals.create(**EVAL, extra_headers=given) for given in ({}, headers, headers)]
    assert len({each.id for each in made}) == 1


def test_a_form_that_names_a_number_of_any_length_is_refused(server: RunningServer, key: str):
    fields = {"purpose": "batch", "expires_after[anchor]": "created_at"}
    form = {"data": fields | {"expires_after[seconds]": HUGE}, "files": {"file": b"x"}}
    answer, error = call(server, key, "POST", "/v1/files", **form)
    assert (answer.status_code, error["param"]) == (400, "expires_after[seconds]")


@pytest.mark.parametrize(
    "path", ["x/chat/completions?created_before=", "x/responses?created_after=", "files?limit="]
)
def test_a_number_that_no_database_holds_is_refused(server: RunningServer, key: str, path: str):
    for number in (str(2**63), "40008471669875608125440", HUGE):
        answer, _ = call(server, key, "GET", f"/v1/{path}{number}")
        assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/v1/files/a%00b", "/v1/files?after=%00", "/v1/models/%00"])
def test_nul_in_a_url_is_refused(server: RunningServer, key: str, path: str):
    assert call(server, key, "GET", path)[0].status_code == 400


def test_an_unexpected_failure_tells_its_request_id_and_nothing_else(
    server: RunningServer, client: OpenAI, monkeypatch: pytest.MonkeyPatch, caplog
):
    secret = "SELECT * FROM " + "keys"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("understudy.server.models.service.list_models", fail)
    with pytest.raises(InternalServerError) as failed:
        client.models.list()
    assert failed.value.request_id in failed.value.message
    assert secret not in failed.value.message
    logged = [record.getMessage() for record in caplog.records if record.name == edge.__name__]
    assert failed.value.request_id in logged[0]
    assert "RuntimeError" in logged[0]
    assert secret not in logged[0]
    monkeypatch.undo()
    assert client.models.list().data


def test_a_full_disk_is_said_once_and_not_retried(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
):
    attempts = []

    def full(self: BlobWriter, chunk: bytes) -> None:
        attempts.append(len(chunk))
        self.abort()
        raise StorageFullError("There is no space left to store this file.")

    monkeypatch.setattr(BlobWriter, "write", full)
    client = server.client(key, max_retries=2)
    with pytest.raises(InternalServerError) as refused:
        client.files.create(file=b'{"a": 1}\n' * 400_000, purpose="fine-tune")
    assert refused.value.status_code == 507
    assert len(attempts) == 1
    monkeypatch.undo()
    assert client.files.create(file=b"{}\n", purpose="fine-tune").id


def test_a_body_over_the_limit_of_its_route_is_a_413(server: RunningServer, key: str):
    headers = {"content-type": "application/json"}
    body = json.dumps({"model": "x" * 5 * MEGABYTE}).encode()
    answer, _ = call(server, key, "POST", "/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == 413


class Zeros:
    """A file-like object of any size that takes no memory."""

    def __init__(self, size: int) -> None:
        self.left = size

    def __iter__(self):
        while self.left > 0:
            piece = min(MEGABYTE, self.left)
            self.left -= piece
            yield b"0" * piece


PREAMBLE = (
    b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nevals\r\n'
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'
)


def test_an_upload_that_announces_600_megabytes_is_refused_and_its_sender_learns_why(
    server: RunningServer, key: str
):
    size = 600 * MEGABYTE
    answer, error = call(
        server,
        key,
        "POST",
        "/v1/files",
        content=iter(Zeros(size)),
        headers={"content-type": "multipart/form-data; boundary=b", "content-length": str(size)},
        timeout=60,
    )
    assert (answer.status_code, error["param"]) == (413, "file")
    assert "512 MB" in error["message"]


def test_an_upload_that_does_not_say_its_size_is_cut_off_at_the_limit(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
):
    small = replace(FILE, max_bytes=3 * MEGABYTE)
    monkeypatch.setattr("understudy.server.files.routes.FILE", small)

    def body():
        yield PREAMBLE
        yield from Zeros(20 * MEGABYTE)

    answer, error = call(
        server,
        key,
        "POST",
        "/v1/files",
        content=body(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert (answer.status_code, error["param"]) == (413, "file")
    assert list(server.services.blobs.temporary.iterdir()) == []


def test_a_sender_that_asks_first_never_sends_a_body_that_is_too_large(
    server: RunningServer, key: str
):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + key.encode()
            + b"\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            + b"Content-Length: 900000000\r\nExpect: 100-continue\r\n\r\n"
        )
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 413


def test_a_client_that_leaves_during_an_upload_leaves_nothing_behind(
    server: RunningServer, key: str, client: OpenAI
):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + key.encode()
            + b"\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            + b"Content-Length: 9000000\r\n\r\n"
            + PREAMBLE
            + b"0" * 2 * MEGABYTE
        )
    wait_until(lambda: not list(server.services.blobs.temporary.iterdir()))
    assert client.files.list().data == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "1.2.3.4"]
)
def test_a_foreign_host_name_does_not_reach_a_local_server(
    server: RunningServer, key: str, host: str
):
    answer, _ = call(server, key, "GET", "/v1/models", headers={"Host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:80", "my.localhost"])
def test_every_name_of_the_own_machine_is_fine(server: RunningServer, key: str, host: str):
    headers = {"Authorization": f"Bearer {key}", "Host": host}
    assert server.http.get("/v1/models", headers=headers).status_code == 200


def test_clients_do_not_retry_what_they_did_wrong(server: RunningServer, key: str):
    client = server.client(key, max_retries=2)
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.create(model="", training_file="file-x")
    assert refused.value.response.request.headers["x-stainless-retry-count"] == "0"
