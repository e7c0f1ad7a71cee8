import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from understudy.data.examples import ChatExample, ImagePart, ReinforcementExample
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_chat_file, parse_file
from understudy.data.lines.images import MAX_IMAGE_BYTES, MAX_PIXELS, image_fault

ANSWER = {"role": "assistant", "content": "a cat"}
ADDRESS = "https://example.com/cat.png"


def encoded(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (8, 8)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def part(url: str = ADDRESS, **keys: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **keys}}


def line(*parts: dict[str, Any], answer: dict[str, Any] = ANSWER, **keys: Any) -> bytes:
    messages = [{"role": "user", "content": list(parts)}, answer]
    return json.dumps({"messages": messages, **keys}).encode() + b"\n"


TEXT = {"type": "text", "text": "What is this?"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_types_are_decoded(kind: str):
    assert image_fault(data_url(encoded(kind), kind.lower())) is None


def test_transparency_is_allowed():
    assert image_fault(data_url(encoded(mode="RGBA"))) is None


def test_an_address_is_looked_at_and_never_fetched():
    # Nothing answers at these names; only their form counts.
    assert image_fault("https://nowhere.invalid/a.png?x=1") is None
    assert image_fault("http://nowhere.invalid:8080/a") is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("ftp://example.com/a.png", "https, http or data URL"),
        ("file:///etc/passwd", "https, http or data URL"),
        ("https:///a.png", "https, http or data URL"),
        ("https://[::1/a.png", "https, http or data URL"),
        ("https://example.com:99999/a.png", "https, http or data URL"),
        ("https://example.com/a b.png", "https, http or data URL"),
        ("cat.png", "https, http or data URL"),
        ("", "https, http or data URL"),
        ("https://example.com/" + "a" * 9000, "longer than 8192 characters"),
        ("data:text/plain;base64,aGk=", "must begin"),
        ("data:image/png,abc", "must begin"),
        ("data:image/png;base64", "must begin"),
        ("data:image/png;base64,a*b=", "not valid base64"),
        ("data:image/png;base64,é", "not valid base64"),
        (data_url(b""), "not a readable"),
        (data_url(b"\x89PNG\r\n\x1a\n"), "not a readable"),
        (data_url(encoded()[:40]), "not a readable"),
        (data_url(encoded("GIF", "P"), "gif"), "not a readable"),
        (data_url(encoded("BMP"), "png"), "not a readable"),
        (data_url(encoded(mode="L")), "colour mode is L"),
        (data_url(encoded(mode="P")), "colour mode is P"),
        (data_url(encoded("JPEG", "CMYK")), "colour mode is CMYK"),
        (data_url(b"0" * (MAX_IMAGE_BYTES + 1)), "larger than 10 MB"),
        (data_url(b"0" * (MAX_IMAGE_BYTES + 9)), "larger than 10 MB"),
        (data_url(encoded(size=(6001, 6001))), f"more than {MAX_PIXELS} pixels"),
    ],
    ids=range(25),
)
def test_what_is_wrong_with_an_image_is_said(url: str, fault: str):
    said = image_fault(url)
    assert said is not None
    assert fault in said


def test_a_small_file_that_claims_to_be_enormous_is_not_decoded():
    tall = bytearray(encoded())
    tall[16:24] = (100_000).to_bytes(4) * 2
    assert image_fault(data_url(bytes(tall))) is not None


def test_images_come_out_with_their_place_in_the_text():
    text = line(TEXT, part(detail="low"), {"type": "text", "text": " And this?"}, part())
    (example,) = parse_file([text], Method.SUPERVISED).examples
    assert isinstance(example, ChatExample)
    assert example.messages[0].content == "What is this? And this?"
    assert example.images == (
        ImagePart(message=0, offset=13, url=ADDRESS, detail="low"),
        ImagePart(message=0, offset=23, url=ADDRESS, detail="auto"),
    )


def test_images_may_stand_in_reinforcement_lines():
    asked = {"role": "user", "content": [part()]}
    text = json.dumps({"messages": [asked], "answer": 1}).encode()
    (example,) = parse_file([text], Method.REINFORCEMENT).examples
    assert isinstance(example, ReinforcementExample)
    assert len(example.images) == 1


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (line(part(detail="huge")), 'the "detail" of an image must be low, high or auto'),
        (line(part(size=3)), 'holds "url" and "detail"'),
        (line({"type": "image_url"}), 'holds "url" and "detail"'),
        (line({"type": "image_url", "image_url": ADDRESS}), 'holds "url" and "detail"'),
        (line({"type": "image_url", "image_url": {"url": 1}}), "must be a string"),
        (line(TEXT, answer={"role": "assistant", "content": [part()]}), "only in what the user"),
    ],
)
def test_wrong_parts_make_a_line_wrong(bad: bytes, text: str):
    (problem,) = parse_file([bad], Method.SUPERVISED).problems
    assert text in problem.message


def test_preference_files_are_text_only():
    asked = {"role": "user", "content": [part()]}
    whole = {
        "input": {"messages": [asked]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [ANSWER],
    }
    (problem,) = parse_file([json.dumps(whole).encode()], Method.DPO).problems
    assert "input message 1 holds an image" in problem.message


def test_lines_whose_images_cannot_be_used_are_left_out_with_the_reason():
    lines = [line(TEXT, part()), line(part("cat.png")), line(*[part()] * 11), line(TEXT)]
    read = parse_file(lines, Method.SUPERVISED)
    assert read.problems == ()
    assert [example.line for example in read.examples] == [1, 4]
    assert [problem.line for problem in read.skipped] == [2, 3]
    assert read.skipped[0].message == (
        "Invalid file format. Example 2, message 1, image 1 cannot be used: "
        "its URL must be an https, http or data URL"
    )
    assert "an example may hold 10 images" in read.skipped[1].message


def test_the_trainer_refuses_images_for_now():
    (problem,) = parse_chat_file([line(part())]).problems
    assert problem.message.endswith("images in training files are not supported yet")
