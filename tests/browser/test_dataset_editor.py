"""A training file is corrected in the browser, and what was untouched stays byte for byte."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.live import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "Oslo"}'}}


def chat(question: str, **answer: object) -> str:
    said = [{"role": "user", "content": question}, {"role": "assistant", **answer}]
    return json.dumps({"messages": said})


AGAIN = [{"role": "user", "content": "Sure?"}, {"role": "assistant", "content": "Quite."}]
LINES = [
    chat("Question 1?", content="Yes."),
    json.dumps(
        {"messages": [*json.loads(chat("Question 2?", content="Yes."))["messages"], *AGAIN]}
    ),
    *(chat(f"Question {number}?", content="Yes.") for number in range(3, 400)),
    chat("Oslo?", tool_calls=[CALL]),
    chat("Question 7?", content="Yes."),
]


def test_a_file_is_edited_into_a_new_one_with_its_origin(visitor: Visitor, server: LiveServer):
    client = server.client()
    file = client.files.create(file=("mine.jsonl", "\n".join(LINES).encode()), purpose="fine-tune")
    visitor.sign_in()
    page = visitor.open(f"/files/{file.id}/edit?line=2")
    page.get_by_label("Text of message 2").fill("No, never.")
    expect(page.get_by_text("1 unsaved change")).to_be_visible()
    page.get_by_role("button", name="Add a message after message 2").click()
    page.get_by_role("button", name="Remove message 3").click()
    page.get_by_role("switch", name="Trained").first.click()
    change_a_call(page)
    drop_the_duplicate(page)
    # A reload loses nothing.
    page.reload()
    expect(page.get_by_text("3 unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save as a new file").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as mine.edited.jsonl.")).to_be_visible()
    expect(page.get_by_role("row", name="Examples 401 400")).to_be_visible()
    page.get_by_role("link", name="Open the new file").click()
    expect(page.get_by_text("2 changed, 1 duplicate dropped.")).to_be_visible()
    made = page.url.split("/files/")[1].split("?")[0]
    lines = client.files.content(made).text.splitlines()
    assert json.loads(lines[1])["messages"][1] == {
        "role": "assistant", "content": "No, never.", "weight": 0,
    }  # fmt: skip
    assert '\\"Rome\\"' in lines[399]
    assert (lines[0], lines[2:399]) == (LINES[0], LINES[2:399])


def change_a_call(page: Page) -> None:
    page.goto(page.url.replace("line=2", "line=400"))
    arguments = page.get_by_label("Arguments (JSON)")
    arguments.fill('{"at": ')
    expect(page.get_by_text("Arguments must be one JSON object.")).to_be_visible()
    arguments.fill('{"at": "Rome"}')


def drop_the_duplicate(page: Page) -> None:
    page.get_by_role("radio", name="Duplicates").click()
    expect(page.get_by_text("same as line 7")).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("No line repeats an earlier one.")).to_be_visible()
