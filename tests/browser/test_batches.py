"""A batch from a dropped file to its results, and one whose input is wrong."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def request(number: int, **more: Any) -> dict[str, Any]:
    body = {
        "model": "understudy-nano",
        "messages": [{"role": "user", "content": f"Say {number}."}],
        "max_completion_tokens": 8,
    }
    url = "/v1/chat/completions"
    return {"custom_id": f"c{number}", "method": "POST", "url": url, "body": body, **more}


def upload(requests: list[dict[str, Any]]) -> Any:
    content = "".join(json.dumps(each) + "\n" for each in requests).encode()
    return {"name": "questions.jsonl", "mimeType": "text/plain", "buffer": content}


def test_a_dropped_file_becomes_a_file_of_results(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/batches")
    page.get_by_label("Drop a file of requests").set_input_files(
        upload([request(number) for number in range(20)])
    )
    expect(page.get_by_text("20 of 20")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Completed")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_label("Download: batch_").click()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert {row["custom_id"] for row in rows} == {f"c{number}" for number in range(20)}
    page.get_by_role("link", name="Batches").first.click()
    expect(page.get_by_role("link", name="understudy-nano").first).to_be_visible()
    assert visitor.faults == []


def test_what_is_wrong_with_an_input_is_shown_by_line(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/batches")
    wrong = [request(1), request(1)]
    page.get_by_label("Drop a file of requests").set_input_files(upload(wrong))
    errors = page.get_by_role("row").filter(has_text="is a duplicate of another request")
    expect(errors).to_be_visible()
    expect(errors.get_by_role("cell").first).to_have_text("2")
    expect(page.get_by_text("Failed")).to_be_visible()
    assert visitor.faults == []
