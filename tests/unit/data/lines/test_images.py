import base64
import io
import json
from typing import Any

import pytest
from PIL import Image as Picture

from understudy.chat.messages import Image, ImageDetail
from understudy.data.examples import ChatExample, ReinforcementExample, UnseenImage, is_illustrated
from understudy.data.files.formats import Method
from understudy.data.files.parse import check_jsonl, parse_chat_file, parse_file
from understudy.data.images.sources import LookedAtImages, text_only
from understudy.errors import InvalidRequestError

ANSWER = {"role": "assistant", "content": "a cat"}
ADDRESS = "https://example.com/cat.png"


def encoded(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Picture.new("RGB", size).save(file, kind)
    return file.getvalue()


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


DRAWN = data_url(encoded())


def part(url: str = ADDRESS, **keys: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **keys}}


def line(*parts: dict[str, Any], answer: dict[str, Any] = ANSWER, **keys: Any) -> bytes:
    messages = [{"role": "user", "content": list(parts)}, answer]
    return json.dumps({"messages": messages, **keys}).encode() + b"\n"


TEXT = {"type": "text", "text": "What is this?"}


def test_images_come_out_with_their_place_in_the_text():
    written = line(TEXT, part(DRAWN, detail="low"), {"type": "text", "text": " And this?"})
    (example,) = parse_file([written], Method.SUPERVISED).examples
    assert isinstance(example, ChatExample)
    said = example.messages[0]
    assert said.content == "What is this? And this?"
    text, image, more = said.parts
    assert (text, more) == ("What is this?", " And this?")
    assert isinstance(image, Image)
    assert (image.width, image.height, image.detail) == (8, 6, ImageDetail.LOW)
    assert example.messages[1].parts == ()


def test_an_address_is_not_fetched_and_the_example_says_so():
    named = {"type": "image_file", "image_file": {"file_id": "file-abc"}}
    (example,) = parse_file([line(TEXT, part(), named)], Method.SUPERVISED).examples
    assert isinstance(example, ChatExample)
    assert example.messages[0].parts == ()
    assert example.unseen == (
        UnseenImage(message=0, address=ADDRESS),
        UnseenImage(message=0, address="file-abc"),
    )
    assert is_illustrated(example)


def test_where_nothing_is_fetched_an_address_is_no_image():
    read = parse_chat_file([line(part())], images=LookedAtImages(fetches=False))
    assert "this server fetches no URLs" in read.skipped[0].message


def test_images_may_stand_in_reinforcement_lines():
    asked = {"role": "user", "content": [part()]}
    text = json.dumps({"messages": [asked], "answer": 1}).encode()
    (example,) = parse_file([text], Method.REINFORCEMENT).examples
    assert isinstance(example, ReinforcementExample)
    assert is_illustrated(example)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (line(part(detail="huge")), 'the "detail" of an image must be low, high or auto'),
        (line(part(detail=[])), 'the "detail" of an image must be low, high or auto'),
        (line(part(size=3)), 'holds "url" and "detail"'),
        (line({"type": "image_url"}), 'holds "url" and "detail"'),
        (line({"type": "image_url", "image_url": ADDRESS}), 'holds "url" and "detail"'),
        (line({"type": "image_url", "image_url": {"url": 1}}), "must be a string"),
        (line({"type": "image_file", "image_file": {"file_id": 1}}), "must be a string"),
        (line({"type": ["image_url"]}), "is not supported"),
        (line(TEXT, answer={"role": "assistant", "content": [part()]}), "only in what the user"),
    ],
)
def test_wrong_parts_make_a_line_wrong(bad: bytes, text: str):
    (problem,) = parse_file([bad], Method.SUPERVISED).problems
    assert text in problem.message


@pytest.mark.parametrize("role", ["system", "tool", "assistant"])
def test_only_users_show_images(role: str):
    shown = {"role": role, "content": [part(DRAWN)], "tool_call_id": "c"}
    if role != "tool":
        del shown["tool_call_id"]
    bad = json.dumps({"messages": [shown, {"role": "user", "content": "?"}, ANSWER]}).encode()
    problems = parse_file([bad], Method.SUPERVISED).problems
    assert any("images may stand only in what the user says" in one.message for one in problems)


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
        "its URL must be an https or data URL"
    )
    assert "an example may hold 10 images" in read.skipped[1].message


def test_a_base_without_vision_refuses_images_by_its_name():
    read = parse_chat_file([line(TEXT), line(part(DRAWN))], images=text_only("some-base"))
    (problem,) = read.problems
    assert problem.line == 2
    assert problem.message.endswith(
        "the base model some-base reads no images; choose a base that does"
    )


def test_a_line_is_as_long_as_its_images_need():
    big = "data:image/png;base64," + "A" * (9 * 1024 * 1024)
    long = line(*[part(big)] * 4)
    check_jsonl([long])
    # JSON may escape slashes, as PHP does.
    check_jsonl([long.replace(b"/", b"\\/")])
    with pytest.raises(InvalidRequestError, match="Line 1 is longer than 16777216 bytes besides"):
        check_jsonl([line(part(big), {"type": "text", "text": "A" * 17 * 1024 * 1024})])
    with pytest.raises(InvalidRequestError, match="Line 1 is longer than"):
        check_jsonl([line(*[part(big)] * 20)])
