"""The guide in Chinese: no English sentence is left on its pages, whatever the server says."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, visit
from tests.live import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

FOUR_WORDS = re.compile(r"(?:\b[A-Za-z][A-Za-z'\u2019-]+\b[ ,;]+){3}\b[A-Za-z][A-Za-z'\u2019-]+\b")
NAMES = "code, pre, kbd, option, [class*=code], [class*=message], [class*=token]"
# What people read: not code, and not what models and files say.
SHOWN = f"""() => {{
  const copy = document.body.cloneNode(true);
  for (const part of copy.querySelectorAll({json.dumps(NAMES)})) part.remove();
  const read = [];
  const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) read.push(walk.currentNode.textContent);
  return read;
}}"""
CITIES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安", "南京", "重庆", "天津")


def conversation(city: str, role: str = "user") -> str:
    said = [
        {"role": role, "content": f"{city}天气如何"},
        {"role": "assistant", "content": f"{city}今天晴。"},
    ]
    return json.dumps({"messages": said}, ensure_ascii=False)


@pytest.fixture
def reader(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    visitor = visit(browser, server, locale="zh-CN")
    visitor.sign_in()
    yield visitor
    visitor.page.context.close()
    assert visitor.faults == []


def test_somebody_who_reads_only_chinese_goes_through_the_guide(
    reader: Visitor, server: LiveServer
):
    with server.client() as client:
        lines = [conversation(city) for city in CITIES]
        good = upload(client, "天气.jsonl", lines)
        bad = upload(client, "错误.jsonl", [*lines[:9], *FAULTY])
        done = tune(client, good, good)
        failed = tune(client, upload(client, "太少.jsonl", lines[:3]), None)
    pages = (
        "/",
        "/fine-tuning",
        "/files",
        f"/files/{good}?tab=report",
        f"/files/{bad}?tab=report",
        f"/fine-tuning/{done}",
        f"/fine-tuning/{failed}",
        f"/fine-tuning/new?file={good}",
        "/playground?models=understudy-nano",
        "/fine-tuning/ftjob-none",
    )
    left: dict[str, list[str]] = {}
    for path in pages:
        page = reader.open(path)
        settle(page)
        found = [text for text in page.evaluate(SHOWN) if FOUR_WORDS.search(text)]
        if found:
            left[path] = found
    # The browser itself reports what was asked for and is not there.
    reader.faults = [fault for fault in reader.faults if "404" not in fault]
    assert left == {}


FAULTY = (
    json.dumps({"messages": 5}),
    conversation("苏州", role="usr2x"),
    json.dumps({"messages": [{"role": "user", "content": "你好"}]}),
    json.dumps({"messages": [{"role": "assistant"}], "extra": 1}),
)


def upload(client: OpenAI, name: str, lines: list[str]) -> str:
    content = "\n".join(lines).encode()
    return client.files.create(file=(name, content), purpose="fine-tune").id


def tune(client: OpenAI, training: str, validation: str | None) -> str:
    hyperparameters = {"n_epochs": 1}
    method = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    files = {"training_file": training} | ({"validation_file": validation} if validation else {})
    job = client.fine_tuning.jobs.create(model="understudy-nano", method=method, **files)  # type: ignore[arg-type]
    ends = time.monotonic() + 60
    while client.fine_tuning.jobs.retrieve(job.id).finished_at is None:
        assert time.monotonic() < ends
        time.sleep(0.1)
    return job.id


def settle(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
