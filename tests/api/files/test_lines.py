"""A stored file read page by page."""

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer


@pytest.fixture
def read(server: RunningServer, key: str, client: OpenAI):
    def read(content: bytes, **query: int) -> httpx2.Response:
        file = client.files.create(file=("f.txt", content), purpose="evals")
        headers = {"authorization": f"Bearer {key}"}
        return server.http.get(f"/v1/x/files/{file.id}/lines", params=query, headers=headers)

    return read


def test_a_page_in_the_middle(read):
    shown = read(b"".join(b"line %d\n" % n for n in range(1, 1001)), start=600, limit=2).json()
    assert (shown["object"], shown["total_lines"]) == ("x.file.lines", 1000)
    assert shown["data"] == [
        {"line": 600, "text": "line 600", "is_cut": False},
        {"line": 601, "text": "line 601", "is_cut": False},
    ]


def test_behind_the_end_there_is_nothing(read):
    shown = read(b"one\ntwo", start=3).json()
    assert (shown["total_lines"], shown["data"]) == (2, [])


@pytest.mark.parametrize("query", [{"start": 0}, {"limit": 201}])
def test_a_page_that_cannot_be_is_refused(read, query: dict[str, int]):
    answer = read(b"one\n", **query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(query)))


def test_a_foreign_file_is_not_found(server: RunningServer, client: OpenAI):
    file = client.files.create(file=b"mine\n", purpose="evals")
    _, foreign = server.new_project("other")
    headers = {"authorization": f"Bearer {foreign}"}
    answer = server.http.get(f"/v1/x/files/{file.id}/lines", headers=headers)
    assert answer.status_code == 404
