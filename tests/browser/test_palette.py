"""The palette in a browser: by the keyboard alone, to pages, actions and what the server finds."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WEATHER, Visitor
from tests.live import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search, pages and actions")).to_be_focused()


def test_the_keyboard_finds_a_file_opens_an_action_and_pastes_an_id(
    server: LiveServer, visitor: Visitor
):
    with server.client() as client:
        file = client.files.create(
            file=("heron_calls.jsonl", WEATHER.read_bytes()), purpose="fine-tune"
        )
    visitor.sign_in()
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    open_palette(page)
    page.keyboard.type("heron")
    found = page.get_by_role("option", name="heron_calls.jsonl")
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visitor.origin}/files/{file.id}")
    expect(page.locator("#content")).to_be_focused()
    open_palette(page)
    page.keyboard.type("key create")
    expect(page.get_by_role("status").filter(has_text="1 result")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Create API key")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visitor.origin}/keys")
    button = page.get_by_role("button", name="Search or go to")
    button.click()
    expect(page.get_by_role("combobox", name="Search, pages and actions")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    open_palette(page)
    page.evaluate(
        """id => { const clipboardData = new DataTransfer(); clipboardData.setData("text", id);
        document.activeElement.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })) }""",
        file.id,
    )
    expect(page).to_have_url(f"{visitor.origin}/files/{file.id}")
