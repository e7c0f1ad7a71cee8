"""Pictures in the dashboard: dropped and asked about, and looked at in files and masks."""

import base64
import json

import pytest
from openai import OpenAI
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.live import KEY
from tests.pictures import drawn, url_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MODEL = "understudy-vision-nano"
# A file of the desktop, as a drag brings it along.
DRAGGED = """([png, name]) => {
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
  const dragged = new DataTransfer();
  dragged.items.add(new File([bytes], name, { type: "image/png" }));
  return dragged;
}"""


def drop(page: Page, picture: bytes) -> None:
    """Drop a picture on the conversation, beside the field for the message."""
    png = base64.b64encode(picture).decode()
    dragged = page.evaluate_handle(DRAGGED, [png, "picture.png"])
    place = page.get_by_role("region", name=MODEL)
    for event in ("dragover", "drop"):
        place.dispatch_event(event, {"dataTransfer": dragged})


def test_a_dropped_picture_is_asked_about_and_answered(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open(f'/playground?models=["{MODEL}"]')
    page.get_by_label("Message").fill("What color is the background?")
    drop(page, drawn((255, 0, 0), (64, 64)))
    chosen = page.get_by_role("img", name="Image")
    expect(chosen).to_have_count(1)
    page.get_by_role("button", name="Remove image 1").click()
    expect(chosen).to_have_count(0)
    drop(page, drawn((255, 255, 255), (64, 64)))
    page.get_by_role("button", name="Send").click()
    conversation = page.get_by_role("region", name=MODEL)
    expect(conversation).to_contain_text("first token after")
    expect(conversation.get_by_role("img")).to_have_count(1)
    expect(page.get_by_role("img")).to_have_count(1)


def test_pictures_of_a_training_file_are_seen_in_its_lines_and_beside_its_mask(visitor: Visitor):
    visitor.sign_in()
    url = url_of(drawn((0, 0, 255), (64, 48)))
    line = json.dumps(
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Which shelf?"},
                        {"type": "image_url", "image_url": {"url": url}},
                    ],
                },
                {"role": "assistant", "content": "C3"},
            ]
        }
    )
    content = "\n".join([line] * 10).encode()
    with OpenAI(base_url=f"{visitor.origin}/v1", api_key=KEY) as client:
        file = client.files.create(file=("shelves.jsonl", content), purpose="fine-tune")
    page = visitor.open(f"/files/{file.id}")
    expect(page.get_by_role("img", name="Image")).to_have_count(10)
    page = visitor.open(f"/fine-tuning/new?file={file.id}&model={MODEL}")
    tokens = page.get_by_role("group", name="Tokens of the line")
    expect(tokens).to_contain_text("Which shelf?")
    learned = "".join(tokens.locator("[class*=learned]").all_inner_texts())
    assert learned.strip().startswith("C3")
    expect(page.get_by_role("img", name="Image")).to_have_count(1)
