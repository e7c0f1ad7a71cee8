"""Models -> Add a base: the catalogue, a GGUF file that is unpacked, a failure, and a removal."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Visitor, visit
from tests.live import LiveServer
from tests.unit.bases.gguf_files import write_gguf

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PATIENCE_MS = 200_000


def test_a_base_is_added_from_a_file_and_removed(visitor: Visitor, tmp_path: Path):
    file = write_gguf(tmp_path / "m.gguf")
    visitor.sign_in()
    page = visitor.open("/models")
    page.get_by_role("button", name="Add a base").click()
    window = page.get_by_role("dialog")
    row = window.get_by_role("row").filter(has_text="smollm2-135m")
    expect(row).to_contain_text("Apache-2.0", timeout=PATIENCE_MS)
    expect(row).to_contain_text("fits")
    expect(window.get_by_role("row").filter(has_text="llama3.2-1b")).to_contain_text(
        "terms must be accepted"
    )
    window.get_by_role("radio", name="GGUF file").click()
    window.get_by_label("GGUF file").last.fill(str(file))
    window.get_by_label("Name").fill("tiny-gguf")
    window.get_by_role("button", name="Add a base").click()
    expect(page.get_by_text("Unpacked from Q8_0")).to_be_visible(timeout=PATIENCE_MS)
    models = page.get_by_role("row").filter(has_text="tiny-gguf")
    expect(models).to_be_visible()
    models.get_by_role("button", name="Remove: tiny-gguf").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(models).to_have_count(0)
    assert visitor.faults == []


def test_what_cannot_be_added_says_why_in_the_window_or_on_the_page(
    visitor: Visitor, tmp_path: Path
):
    (tmp_path / "cut.gguf").write_bytes(write_gguf(tmp_path / "m.gguf").read_bytes()[:-64])
    visitor.sign_in()
    page = visitor.open("/models")
    page.get_by_role("button", name="Add a base").click()
    window = page.get_by_role("dialog")
    window.get_by_role("radio", name="GGUF file").click()
    window.get_by_label("GGUF file").last.fill(str(tmp_path / "cut.gguf"))
    window.get_by_label("Name").fill("understudy-mini")
    window.get_by_role("button", name="Add a base").click()
    expect(window.get_by_role("alert")).to_contain_text("is here already")
    # The browser notes every refusal; this one was wanted.
    assert ["400" in fault for fault in visitor.faults] == [True]
    visitor.faults.clear()
    window.get_by_label("Name").fill("cut")
    window.get_by_role("button", name="Add a base").click()
    expect(page.get_by_role("alert")).to_contain_text("is cut", timeout=PATIENCE_MS)


def test_the_window_speaks_chinese(browser: Browser, server: LiveServer):
    visitor = visit(browser, server, locale="zh-CN")
    visitor.sign_in()
    page = visitor.open("/models")
    page.get_by_role("button", name="添加基础模型").click()
    row = page.get_by_role("dialog").get_by_role("row").filter(has_text="smollm2-135m")
    expect(row).to_contain_text("不支持工具调用", timeout=PATIENCE_MS)
    assert visitor.faults == []
    page.context.close()


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_every_base_of_the_catalogue_shows_what_can_be_done_with_it(
    browser: Browser, server: LiveServer, width: int
):
    visitor = visit(browser, server, locale="en-GB", viewport={"width": width, "height": 860})
    visitor.sign_in()
    page = visitor.open("/models")

    def with_one_added(route: Route) -> None:
        answer = route.fetch()
        catalogue = answer.json()
        catalogue["data"][0]["is_added"] = True
        route.fulfill(response=answer, json=catalogue)

    page.route("**/bases/catalog", with_one_added)
    page.get_by_role("button", name="Add a base").click()
    table = page.get_by_role("dialog").get_by_role("table")
    expect(table.get_by_text("added", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(table.get_by_role("button", name="Add: smollm2-360m")).to_be_visible()
    shown, whole = table.locator("..").evaluate("box => [box.clientWidth, box.scrollWidth]")
    assert shown == whole, "part of the table is cut off at the right"
    assert visitor.faults == []
    page.context.close()
