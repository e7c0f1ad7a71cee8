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
        tuned = client.fine_tuning.jobs.retrieve(done).fine_tuned_model
        made, base_run, tuned_run = evaluate(client, "understudy-nano", str(tuned))
    runs = f"base={base_run}&candidate={tuned_run}"
    pages = (
        "/",
        "/fine-tuning",
        "/files",
        f"/files/{good}?tab=report",
        f"/files/{bad}?tab=report",
        f"/fine-tuning/{done}",
        f"/fine-tuning/{failed}",
        f"/fine-tuning/new?file={good}",
        "/evals",
        "/evals/new",
        f"/evals/{made}",
        f"/evals/{made}/runs/{tuned_run}",
        f"/evals/{made}/compare?{runs}",
        f"/evals/{made}/compare?base=evalrun_none&candidate={tuned_run}",
        f"/playground?models=understudy-nano,{tuned}",
        "/models",
        *OTHER_PAGES,
        "/fine-tuning/ftjob-none",
    )
    left: dict[str, list[str]] = {}
    for path in pages:
        page = reader.open(path)
        settle(page)
        shown = [text for text in page.evaluate(SHOWN) if FOUR_WORDS.search(text)]
        # What became of added bases, which other tests leave on the page, is said in English.
        found = [text for text in shown if not OF_ADDITIONS.search(text)]
        if found:
            left[path] = found
    # The browser itself reports what was asked for and is not there.
    reader.faults = [fault for fault in reader.faults if "404" not in fault]
    assert left == {}


OF_ADDITIONS = re.compile(r"\.gguf|^Unpacked from|set-template")
OTHER_PAGES = (
    *("/start", "/leaving", "/logs", "/keys", "/shadows", "/webhooks", "/batches"),
    *("/distillations", "/distillations/new"),
)
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


def evaluate(client: OpenAI, base: str, tuned: str) -> tuple[str, str, str]:
    """Run an eval on both models, and return its ID and those of the runs."""
    fields = {"问题": {"type": "string"}, "答案": {"type": "string"}}
    criterion = {
        **{"type": "string_check", "name": "含有答案", "operation": "like"},
        **{"input": "{{ sample.output_text }}", "reference": "{{ item.答案 }}"},
    }
    made = client.evals.create(
        name="天气评测",
        data_source_config={
            "type": "custom",
            "item_schema": {"type": "object", "properties": fields},
            "include_sample_schema": True,
        },
        testing_criteria=[criterion],  # type: ignore[list-item]
    )
    content = [{"item": {"问题": f"{city}天气如何", "答案": "晴"}} for city in CITIES[:3]]
    asked = {"type": "template", "template": [{"role": "user", "content": "{{ item.问题 }}"}]}
    runs = [
        client.evals.runs.create(
            made.id,
            data_source={  # type: ignore[arg-type]
                "type": "completions",
                "model": model,
                "input_messages": asked,
                "sampling_params": {"max_completion_tokens": 8},
                "source": {"type": "file_content", "content": content},
            },
        ).id
        for model in (base, tuned)
    ]
    ends = time.monotonic() + 60
    for run in runs:
        while client.evals.runs.retrieve(run, eval_id=made.id).status in ("queued", "in_progress"):
            assert time.monotonic() < ends
            time.sleep(0.1)
    return made.id, runs[0], runs[1]


def settle(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
