"""Images in lines of files, which are sent one by one."""

import json
import os
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from tests.pictures import drawn, url_of

RED, NOISY = drawn(), drawn() + os.urandom(100_000)


def shown(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.fixture
def get(server: RunningServer, key: str, client: OpenAI):
    vision = client.files.create(file=("red.png", RED), purpose="vision").id
    named = {"type": "image_file", "image_file": {"file_id": vision}}
    parts = [shown(url_of(RED)), named, shown(url_of(NOISY)), shown("https://example.com/a.png")]
    line = {"messages": [{"role": "user", "content": parts}], "answer": shown(url_of(b"no image"))}
    content = b'{"short": 1}\n' + json.dumps(line).encode() + b"\nno JSON"
    file = client.files.create(file=("f.txt", content), purpose="evals").id

    def get(path: str) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"}
        return server.http.get(f"/v1/x/files/{file}/lines{path}", headers=headers)

    return get


def test_a_long_line_is_shown_without_the_bytes_of_its_images(get: Any):
    (line,) = get("?start=2&limit=1").json()["data"]
    assert not line["is_cut"]
    first, named, noisy, linked = json.loads(line["text"])["messages"][0]["content"]
    assert first == noisy == shown("data:image/png;base64,")
    assert named["type"] == "image_file"
    assert linked == shown("https://example.com/a.png")


def test_the_images_of_a_line_are_sent_by_their_places(get: Any):
    for number, content in ((1, RED), (2, RED), (3, NOISY)):
        sent = get(f"/2/images/{number}")
        assert (sent.status_code, sent.headers["content-type"]) == (200, "image/png")
        assert sent.content == content
        assert sent.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/2/images/4", 400, "stands at a URL"),
        ("/2/images/5", 400, "not a JPEG, PNG, WEBP or GIF image"),
        ("/2/images/6", 404, "no image 6"),
        ("/1/images/1", 404, "no image 1"),
        ("/3/images/1", 404, "no image 1"),
        ("/9/images/1", 404, "no image 1"),
        ("/0/images/1", 400, "line"),
    ],
)
def test_what_is_no_image_is_not_sent(get: Any, path: str, status: int, words: str):
    answer = get(path)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
