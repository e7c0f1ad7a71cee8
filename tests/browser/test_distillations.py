"""From the logs of another program to a student: imported, previewed, trained and compared."""

import json
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, visit
from tests.live import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PATIENCE_MS = 300_000
TEACHER = "gpt-4.1-2025-04-14"
TICKETS = files("understudy.cli.demo") / "data" / "tickets_training.jsonl"


def logged(number: int, messages: list[dict[str, str]], finish_reason: str = "stop") -> str:
    """Return a line of a log: one call that another program made of the teacher."""
    usage = {"prompt_tokens": 60, "completion_tokens": 9, "total_tokens": 69}
    answer = {"index": 0, "message": messages[-1], "finish_reason": finish_reason}
    response = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_790_000_000 + number,
        "model": TEACHER,
        "choices": [answer],
        "usage": usage,
    }
    return json.dumps(
        {"request": {"model": "gpt-4.1", "messages": messages[:-1]}} | {"response": response}
    )


def tickets(count: int) -> list[list[dict[str, str]]]:
    return [json.loads(line)["messages"] for line in TICKETS.read_text().splitlines()[:count]]


def upload(name: str, lines: list[str]) -> Any:
    return {"name": name, "mimeType": "text/plain", "buffer": "\n".join(lines).encode()}


def test_a_log_becomes_a_student_that_is_compared_with_its_teacher(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/logs")
    import_the_log(page)
    # The browser notes every refusal; this one was wanted.
    assert ["400" in fault for fault in visitor.faults] == [True]
    visitor.faults.clear()
    preview_what_is_kept(page)
    train_and_compare(page)


def import_the_log(page: Page) -> None:
    conversations = tickets(24)
    cut = [
        {"role": "user", "content": "Tell me all of it."},
        {"role": "assistant", "content": "Once"},
    ]
    lines = [logged(number, messages) for number, messages in enumerate(conversations)]
    lines += [logged(24, cut, "length"), logged(25, conversations[0]), '{"neither": "nor"}']
    page.get_by_role("button", name="Import logs").click()
    window = page.get_by_role("dialog")
    window.get_by_label("Metadata").fill("task=tickets")
    window.get_by_label("Log file").set_input_files(upload("calls.jsonl", lines))
    expect(window.get_by_role("alert")).to_contain_text("Line 27 is of no known form")
    window.get_by_role("button", name="Import the others").click()
    expect(window.get_by_text("26 imported, 0 known before, 1 refused.")).to_be_visible()
    expect(window.get_by_role("group", name="Lines that cannot be imported")).to_contain_text(
        "Line 27"
    )
    window.get_by_role("button", name="Close").last.click()
    with page.expect_response("**/v1/x/files?*") as listed:
        page.get_by_role("link", name="Files").click()
    assert "calls.jsonl" not in listed.value.text(), "the upload is not needed any more"


def preview_what_is_kept(page: Page) -> None:
    page.get_by_role("link", name="Logs").click()
    page.get_by_label("Model").fill(TEACHER)
    page.get_by_placeholder("Metadata").fill("task=tickets")
    page.get_by_role("link", name="Distil these answers").click()
    expect(page.get_by_label("Teacher")).to_have_value(TEACHER)
    expect(page.get_by_label("Metadata")).to_have_value("task=tickets")
    dropped = page.get_by_role("table", name="Dropped answers")
    expect(dropped.get_by_role("row", name="Cut off at the token limit")).to_be_visible()
    expect(dropped.get_by_role("row", name="Duplicate or near-duplicate")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text=f"{TEACHER}: 24")).to_be_visible()
    with page.expect_popup() as opened:
        dropped.get_by_role("row", name="Cut off").get_by_role("link").click()
    expect(opened.value.get_by_text("Tell me all of it.")).to_be_visible()
    opened.value.close()
    page.get_by_text("Keep one of near-duplicates").click()
    expect(page.get_by_text("The selection has changed since this preview.")).to_be_visible()
    page.get_by_text("Keep one of near-duplicates").click()


def train_and_compare(page: Page) -> None:
    page.get_by_role("button", name="Model to train: ").click()
    page.get_by_role("option", name="understudy-nano", exact=True).click()
    page.get_by_label("Epochs").fill("1")
    page.get_by_label("Suffix").fill("pupil")
    page.get_by_role("button", name="Start distillation").click()
    expect(page.get_by_role("heading", name="pupil")).to_be_visible()
    compared = page.get_by_role("table", name="Teacher, base and student")
    expect(page.get_by_role("heading", name="Succeeded")).to_be_visible(timeout=PATIENCE_MS)
    expect(compared.get_by_role("row", name="Teacher")).to_contain_text("100%")
    expect(compared.get_by_role("row", name="Student")).to_contain_text(
        "ft:understudy-nano:personal:pupil:"
    )
    for name in ("train", "validation", "provenance"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f".{name}.jsonl").click()
        assert saved.value.path().read_bytes().count(b"\n") > 0
    page.get_by_role("link", name="Compare base and student").click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
    page.get_by_role("link", name="Distillations").click()
    expect(page.get_by_role("row", name="pupil")).to_contain_text("Succeeded")


def test_questions_are_asked_with_a_system_prompt_and_a_failure_says_why(
    browser: Browser, server: LiveServer
):
    visitor = visit(browser, server, locale="zh-CN")
    visitor.sign_in()
    page = visitor.open("/distillations/new?kind=questions")
    start = page.get_by_role("button", name="开始蒸馏")
    expect(start).to_be_disabled()
    questions = [json.dumps({"prompt": f"What is {n} + {n}?"}) for n in range(3)]
    page.get_by_label("问题", exact=True).last.set_input_files(upload("questions.jsonl", questions))
    page.get_by_role("button", name="教师模型: ").click()
    page.get_by_role("option", name="understudy-nano", exact=True).click()
    page.get_by_label("教师模型的系统提示词").fill("Answer with one word.")
    start.click()
    expect(page.get_by_role("alert")).to_contain_text("are needed", timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="失败")).to_be_visible()
    page.get_by_text("教师模型的系统提示词").click()
    expect(page.get_by_text("Answer with one word.")).to_be_visible()
    assert visitor.faults == []
    page.context.close()
