"""Images in requests: shown to remote models, kept by hash, and named by stored answers."""

import hashlib
import json
import subprocess
import sys
from typing import Any

import httpx2
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.remote.conftest import Joined
from tests.pictures import drawn, url_of
from tests.remote import FakeRemote, completion
from tests.unit.data.images.test_fetching import PRIVATE, SPELLINGS
from tests.unit.data.images.test_hostile_pictures import hostile
from understudy.data.images.faults import ImageFault

RED = drawn()
SHA = hashlib.sha256(RED).hexdigest()
KEPT = f"understudy://images/{SHA}"


def part(url: str = url_of(RED), **keys: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **keys}}


def ask(client: OpenAI, *parts: dict[str, Any], model: str = "teacher", **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "Which?"}, *parts]}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def upload(client: OpenAI, content: bytes = RED) -> str:
    return client.files.create(file=("red.png", content), purpose="vision").id


def test_a_remote_model_gets_the_bytes_however_the_image_was_named(
    client: OpenAI, remote: FakeRemote
):
    remote.says(completion("red"), completion("red"))
    file_id = upload(client)
    ask(client, part(detail="low"))
    ask(client, {"type": "image_file", "image_file": {"file_id": file_id, "detail": "low"}})
    for asked in remote.requests:
        assert asked.body["messages"][0]["content"] == [
            {"type": "text", "text": "Which?"},
            part(detail="low"),
        ]


def test_a_stored_completion_names_the_image_and_a_route_sends_it(
    client: OpenAI, remote: FakeRemote
):
    remote.says(completion("red"), completion("red"))
    made = ask(client, part(), store=True)
    (message,) = client.chat.completions.messages.list(made.id).data
    text, image = message.content_parts or ()
    assert image.to_dict() == part(KEPT, detail="auto")
    sent = read(client, SHA)
    assert sent.content == RED
    assert sent.headers["content-type"] == "image/png"
    assert sent.headers["x-content-type-options"] == "nosniff"
    # What was stored can be asked again as it stands.
    ask(client, part(KEPT))
    assert remote.requests[1].body["messages"][0]["content"][1] == part(detail="auto")
    assert text.to_dict() == {"type": "text", "text": "Which?"}


def read(client: OpenAI, sha256: str) -> httpx2.Response:
    return httpx2.get(
        f"{client.base_url}x/images/{sha256}",
        headers={"authorization": f"Bearer {client.api_key}"},
    )


def test_images_of_one_project_are_not_there_for_another(
    joined: Joined, client: OpenAI, remote: FakeRemote
):
    remote.says(completion("red"))
    ask(client, part())
    other = joined.server.client(joined.server.new_project()[1])
    assert read(client, SHA).status_code == 200
    assert read(other, SHA).status_code == 404
    assert read(client, "0" * 64).status_code == 404
    assert read(client, "..%2F..%2Fpepper").status_code == 404
    with pytest.raises(BadRequestError, match="not kept any more"):
        ask(other, part(KEPT))


@pytest.mark.parametrize(
    ("shown", "code", "words"),
    [
        (part("data:image/png;base64,AAAA"), "invalid_image_format", "not a JPEG, PNG"),
        (part("data:image/png;base64,*"), "invalid_base64_image", "not valid base64"),
        (part("data:text/html;base64,AAAA"), "invalid_image_url", "must begin"),
        (part("https://example.com/a.png"), "failed_to_download_image", "fetch_images"),
        (part("http://example.com/a.png"), "invalid_image_url", "an https or data URL"),
        (part("file:///etc/passwd"), "invalid_image_url", "an https or data URL"),
        ({"type": "image_file", "image_file": {"file_id": "file-x"}}, "image_file_not_found", "no"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code_and_its_place(
    client: OpenAI, shown: dict[str, Any], code: str, words: str
):
    with pytest.raises(BadRequestError, match=words) as refused:
        ask(client, shown)
    assert refused.value.code == code
    assert refused.value.param == f"messages[0].content[1].{shown['type']}"


def test_a_model_without_vision_is_named_in_the_refusal(client: OpenAI):
    with pytest.raises(BadRequestError, match="the model `understudy-nano` reads no") as refused:
        ask(client, part(), model="understudy-nano")
    assert refused.value.code == "unsupported_value"
    assert refused.value.param == "messages[0].content[1].image_url"
    with pytest.raises(NotFoundError, match="no-such-model"):
        ask(client, part(), model="no-such-model")


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_users_show_images(client: OpenAI, role: Any):
    with pytest.raises(BadRequestError, match="only in messages of the user"):
        client.chat.completions.create(
            model="teacher", messages=[{"role": role, "content": [part()]}]
        )


def test_an_upload_for_vision_is_an_image(client: OpenAI):
    with pytest.raises(BadRequestError, match="cannot be used as an image") as refused:
        upload(client, b"%PDF-1.7")
    assert refused.value.code == "invalid_image_format"


def test_responses_take_images_and_go_on_with_them(client: OpenAI, remote: FakeRemote):
    remote.says(completion("red"), completion("still red"))
    shown = {"type": "input_image", "image_url": url_of(RED), "detail": "high"}
    message: Any = {"role": "user", "content": [{"type": "input_text", "text": "Which?"}, shown]}
    first = client.responses.create(model="teacher", input=[message])
    client.responses.create(model="teacher", input="Sure?", previous_response_id=first.id)
    for asked in remote.requests:
        assert asked.body["messages"][0]["content"][1] == part(detail="high")
    items = client.responses.input_items.list(first.id).data
    assert items[0].to_dict()["content"] == [
        {"type": "input_text", "text": "Which?"},
        {"type": "input_image", "detail": "high", "image_url": KEPT, "file_id": None},
    ]


def test_responses_take_images_by_the_id_of_a_file(client: OpenAI, remote: FakeRemote):
    remote.says(completion("red"))
    shown = {"type": "input_image", "file_id": upload(client), "detail": "auto"}
    client.responses.create(model="teacher", input=[{"role": "user", "content": [shown]}])  # type: ignore[list-item]
    assert remote.requests[0].body["messages"][0]["content"] == [part(detail="auto")]


@pytest.mark.parametrize(
    ("shown", "param"),
    [
        ({"type": "input_image"}, "input[0].content[0]"),
        ({"type": "input_image", "image_url": "x", "file_id": "y"}, "input[0].content[0]"),
        ({"type": "input_image", "image_url": "data:,"}, "input[0].content[0]"),
        (
            {"type": "input_image", "image_url": "data:,", "detail": "x"},
            "input[0].content[0].detail",
        ),
    ],
)
def test_a_wrong_image_of_a_response_is_refused_with_its_place(
    client: OpenAI, shown: dict[str, Any], param: str
):
    with pytest.raises(BadRequestError) as refused:
        client.responses.create(
            model="teacher",
            input=[{"role": "user", "content": [shown]}],  # type: ignore[list-item]
        )
    assert refused.value.param == param


def test_a_request_is_as_long_as_its_images_need_and_no_longer(client: OpenAI, remote: FakeRemote):
    remote.says(completion("red"))
    noisy = drawn(size=(1, 1)) + b"\0" * (5 * 1024 * 1024)
    ask(client, part(url_of(noisy)))
    with pytest.raises(Exception, match="besides its images"):
        ask(client, {"type": "text", "text": "a" * 3 * 1024 * 1024})


@pytest.mark.parametrize(
    ("suite", "case"), [("openai-chat", "chat-image-input"), ("open-responses", "image-input")]
)
def test_the_image_cases_of_a_public_suite_are_passed(
    joined: Joined, remote: FakeRemote, suite: str, case: str
):
    remote.says(completion("A red square."))
    command = (sys.executable, "-c", "from llm_comply.cli import main; main()")
    url = f"{joined.server.url}/v1"
    options = ("--format", suite, "--filter", case, "--json", "-u", url, "-m", "teacher")
    key = joined.server.new_project()[1]
    ran = subprocess.run(
        [*command, *options, "-k", key], capture_output=True, text=True, timeout=110, check=False
    )
    (result,) = json.loads(ran.stdout)["results"]
    assert result["status"] == "passed", result
    shown = remote.requests[0].body["messages"][0]["content"][-1]["image_url"]["url"]
    assert shown.startswith("data:image/jpeg;base64,")


def test_hostile_pictures_and_addresses_are_read_or_refused_with_their_cause(
    client: OpenAI, remote: FakeRemote
):
    addresses = [f"https://{host}/a.png" for host in (*SPELLINGS[:6], *PRIVATE[:4])]
    addresses += [url_of(hostile(seed)) for seed in range(14)]
    remote.says(*[completion("red")] * len(addresses))
    outcomes: list[str | None] = []
    for address in addresses:
        try:
            ask(client, part(address))
            outcomes.append("read")
        except BadRequestError as refused:
            outcomes.append(refused.code)
    assert outcomes[:10] == ["invalid_image_url"] * 10
    assert set(outcomes) <= {"read", *(fault.value for fault in ImageFault)}
    assert len(remote.requests) == outcomes.count("read") > 0
    assert outcomes.count("image_parse_error") > 0
