"""The server dies and comes back: the page keeps its content, says so, and continues by itself."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import visit
from tests.live import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_page_survives_its_server(browser: Browser, server: LiveServer):
    # The server of all tests: it is as good as before once it is back, or this test fails.
    visitor = visit(browser, server, locale="en-GB")
    visitor.sign_in()
    page = visitor.open("/")
    expect(page.get_by_text("No active jobs")).to_be_visible()
    server.kill("all")
    try:
        expect(page.get_by_text("Cannot reach the server")).to_be_visible()
        expect(page.get_by_text("No active jobs")).to_be_visible()
    finally:
        server.start()
    expect(page.get_by_text("Cannot reach the server")).to_have_count(0)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("cell", name="understudy-nano", exact=True)).to_be_visible()
    visitor.page.context.close()
