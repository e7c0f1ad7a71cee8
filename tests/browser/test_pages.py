"""Every page, wide and narrow, light and dark: no fault, nothing that keeps anybody out."""

import gzip
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, Request, expect

from scripts.build_dashboard import SOURCES
from tests.browser.conftest import WEATHER, Visitor, visit
from tests.live import KEY, LiveServer
from tests.pictures import drawn
from understudy.server.dashboard.built_files import load_dashboard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LARGEST_BUNDLE_BYTES = 500_000
LARGEST_FIRST_PAGE_BYTES = 290_000
FIRST_PAINT_MS = """() => new Promise((tell) => {
  new PerformanceObserver((found) => {
    const paint = found.getEntriesByName("first-contentful-paint")[0];
    if (paint) tell(paint.startTime);
  }).observe({ type: "paint", buffered: true });
})"""
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">"


@dataclass(frozen=True)
class Things:
    """One of everything, with markup wherever a user may write."""

    pages: tuple[str, ...]


@pytest.fixture(scope="module")
def things(server: LiveServer) -> Things:
    with server.client() as client:
        return make_things(client)


def make_things(client: OpenAI) -> Things:
    line = WEATHER.read_bytes()
    file = client.files.create(file=(f"{HOSTILE}.jsonl", line), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="understudy-nano",
        training_file=file.id,
        suffix=HOSTILE,
        metadata={"note": HOSTILE},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
    )
    made = client.evals.create(
        name=HOSTILE,
        data_source_config={
            "type": "custom",
            "item_schema": {"type": "object", "properties": {"q": {"type": "string"}}},
        },
        testing_criteria=[
            {
                "type": "string_check",
                "name": "says it",
                "input": "{{ item.q }}",
                "reference": "img",
                "operation": "like",
            }
        ],
    )
    rows: Any = [{"item": {"q": HOSTILE}}, {"item": {"q": "nothing"}}]
    source: Any = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
    runs = [client.evals.runs.create(made.id, name=HOSTILE, data_source=source) for _ in "ab"]
    stored = client.chat.completions.create(
        model="understudy-nano",
        messages=[{"role": "user", "content": HOSTILE}],
        max_completion_tokens=8,
        store=True,
        metadata={"note": HOSTILE},
    )
    until_done(lambda: client.fine_tuning.jobs.retrieve(job.id).status)
    for run in runs:
        until_done(lambda run=run: client.evals.runs.retrieve(run.id, eval_id=made.id).status)
    batch = begin_wrong_batch(client)
    # Too few answers for a job: it fails, and says so with its counts.
    distilled = distil_too_little(client)
    return Things(
        pages=(
            "/",
            "/fine-tuning",
            "/fine-tuning/new",
            f"/fine-tuning/new?file={file.id}",
            f"/fine-tuning/{job.id}",
            "/playground",
            "/files",
            f"/files/{file.id}",
            f"/files/{file.id}?tab=report",
            "/evals",
            "/evals/new",
            f"/evals/{made.id}",
            f"/evals/{made.id}/runs/{runs[0].id}",
            f"/evals/{made.id}/compare?base={runs[0].id}&candidate={runs[1].id}",
            "/distillations",
            f"/distillations/new?metadata={quote(f'note={HOSTILE}')}",
            "/distillations/new?kind=questions",
            f"/distillations/{distilled}",
            "/batches",
            f"/batches/{batch}",
            "/logs",
            "/logs?kind=responses",
            f"/logs/completions/{stored.id}",
            "/shadows",
            "/models",
            "/usage",
            f"/files/{file.id}/edit?line=1",
            "/keys",
            "/webhooks",
            "/leaving",
            "/nothing-is-here",
        )
    )


def begin_wrong_batch(client: OpenAI) -> str:
    line = {"custom_id": HOSTILE, "method": HOSTILE, "url": "/v1/responses", "body": {}}
    file = client.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/responses", completion_window="24h"
    )
    until_done(lambda: client.batches.retrieve(batch.id).status, "failed")
    return batch.id


def distil_too_little(client: OpenAI) -> str:
    body = {
        "source": {"type": "stored_completions", "metadata": {"note": HOSTILE}},
        "student": "understudy-nano",
        "suffix": HOSTILE,
    }
    made: Any = client.post("/x/distillations", cast_to=object, body=body)

    def status() -> str:
        found: Any = client.get(f"/x/distillations/{made['id']}", cast_to=object)
        return found["status"]

    until_done(status, "failed")
    return made["id"]


def until_done(status_of: Any, *ends: str) -> None:
    deadline = time.monotonic() + 120
    while status_of() not in (ends or ("succeeded", "completed")):
        assert time.monotonic() < deadline, "it did not end in time"
        time.sleep(0.3)


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(1280, "light", "en-GB"), (390, "dark", "zh-CN")]
)
def test_every_page_is_whole_accessible_asks_nobody_else_and_shows_markup_as_text(
    browser: Browser, server: LiveServer, things: Things, width: int, scheme: str, locale: str
):
    visitor = visit(
        browser,
        server,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        locale=locale,
    )
    visitor.sign_in()
    foreign: list[str] = []
    visitor.page.on(
        "request", lambda r: foreign.append(r.url) if visitor.origin not in r.url else 0
    )
    axe = (SOURCES / "node_modules" / "axe-core" / "axe.min.js").read_text()
    found: list[str] = []
    for path in things.pages:
        page = visitor.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # What is still loading says so, from the moment that there is a heading.
        expect(page.locator("main [role=status][class*=bars]")).to_have_count(0)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{path}: {fault['id']} {fault['nodes'][0]['html'][:200]}"
            for fault in result["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path}: wider than the screen")
        assert page.title().endswith("Understudy"), "markup was run"
        assert page.locator("img[src=x]").count() == 0
    visitor.page.context.close()
    assert found == []
    # Anything that the page's policy blocks is a fault too.
    assert visitor.faults == []
    assert foreign == []


def test_a_key_is_made_shown_once_and_revoked(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/keys")
    page.get_by_role("button", name="Create API key").click()
    page.get_by_label("Name").fill("from the browser")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("You cannot see it again")).to_be_visible()
    page.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Revoke: from the browser").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("from the browser")).to_have_count(0)


def test_a_broken_file_shows_its_lines(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/fine-tuning/new")
    lines = WEATHER.read_text().splitlines()
    lines[2] = '{"messages": [{"content": "who says this?"}]}'
    lines[6] = '{"messages": []}'
    broken = {"name": "broken.jsonl", "mimeType": "text/plain", "buffer": "\n".join(lines).encode()}
    page.get_by_label("Training data").set_input_files(broken)  # type: ignore[arg-type]
    errors = page.get_by_role("group", name="Faults of the file")
    expect(errors.get_by_text("Line 3")).to_be_visible()
    expect(errors.get_by_text("Line 7")).to_be_visible()
    expect(errors).to_contain_text("messages[0]")
    expect(page.get_by_role("button", name="Create job")).to_be_disabled()


def test_dates_of_logs_are_a_question_to_the_server(visitor: Visitor, things: Things):
    visitor.sign_in()
    # Other tests store answers too.
    mine = quote(f"note={HOSTILE}")
    page = visitor.open(f"/logs?from=2999-01-01&metadata={mine}")
    expect(page.get_by_text("No stored completion matches these filters")).to_be_visible()
    with page.expect_response("**/v1/x/chat/completions?*created_after=*") as answered:
        page.get_by_label("From").fill("2020-01-01")
    assert len(answered.value.json()["data"]) == 1
    expect(page.get_by_role("table").get_by_text("understudy-nano")).to_be_visible()


def test_the_playground_is_found_as_it_was_left_until_somebody_signs_out(
    browser: Browser, server: LiveServer, things: Things
):
    visitor = visit(browser, server, locale="en-GB")
    page = visitor.open(f"/#key={KEY}")
    page.get_by_role("link", name="Playground").first.click()
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    page.get_by_label("Message").fill("Hello there")
    page.keyboard.press("Enter")
    expect(page.get_by_text("first token after")).to_be_visible()
    page.get_by_label("Message").fill("Not sent yet")
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    page.get_by_role("link", name="Models").click()
    base = page.get_by_role("cell", name="understudy-mini", exact=True)
    page.get_by_role("row").filter(has=base).get_by_role("link").last.click()
    joined = page.get_by_role("region", name="understudy-mini", exact=True)
    expect(joined).to_contain_text("Hello there")
    page.reload()
    expect(joined).to_be_visible()
    expect(page.get_by_text("first token after")).to_be_visible()
    expect(page.get_by_role("textbox", name="System prompt")).to_have_value("Be brief.")
    expect(page.get_by_label("Message")).to_have_value("Not sent yet")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == []
    assert visitor.faults == []
    page.context.close()


def test_the_playground_shows_pictures_and_says_which_it_cannot(
    visitor: Visitor, things: Things, tmp_path: Path
):
    red, page_of_text = tmp_path / "red.png", tmp_path / "page.html"
    red.write_bytes(drawn())
    page_of_text.write_text("<html>")
    visitor.sign_in()
    page = visitor.open("/playground")
    for file in (page_of_text, red):
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add image").click()
        chooser.value.set_files(file)
        if file is page_of_text:
            expect(page.get_by_text("Images are PNG, JPEG, WEBP or GIF files.")).to_be_visible()
    expect(page.get_by_role("img", name="Image in the conversation")).to_have_count(1)
    expect(page.get_by_text("Images are PNG, JPEG, WEBP or GIF files.")).to_have_count(0)
    page.get_by_role("button", name="Remove image 1").click()
    expect(page.get_by_role("img", name="Image in the conversation")).to_have_count(0)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add image").click()
    chooser.value.set_files(red)
    page.get_by_label("Message").fill("Which colour?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("reads no images; ask one that does")
    expect(page.get_by_role("img", name="Image in the conversation")).to_have_count(1)
    # The browser reports the refusal as well, and nothing else.
    assert all("400 (Bad Request)" in fault for fault in visitor.faults), visitor.faults
    visitor.faults.clear()


def test_the_keyboard_alone_chooses_a_model_and_leaves_a_dialog(visitor: Visitor, things: Things):
    visitor.sign_in()
    page = visitor.open("/playground")
    page.get_by_role("button", name="Model: ").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Filter models").fill("understudy-")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="understudy-nano", exact=True)).to_be_visible()
    page = visitor.open("/keys")
    page.get_by_role("button", name="Create API key").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Create API key")).to_be_focused()


def test_the_first_paint_needs_no_answer_of_the_api_and_little_code(visitor: Visitor):
    # Nothing is timed here, for a busy machine would fail it; docs/benchmarks.md has the figure.
    loaded: list[Request] = []
    visitor.page.on("request", lambda request: loaded.append(request))
    visitor.page.route("**/v1/**", lambda route: None)
    visitor.sign_in()
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    # The element exists shortly before the browser has drawn it.
    assert page.evaluate(FIRST_PAINT_MS) > 0
    files = load_dashboard().files
    names = {request.url.removeprefix(f"{visitor.origin}/") or "index.html" for request in loaded}
    assert weight_of(names & set(files)) < LARGEST_FIRST_PAGE_BYTES


def test_the_bundle_is_small():
    assert weight_of(load_dashboard().files) < LARGEST_BUNDLE_BYTES


def weight_of(names: Iterable[str]) -> int:
    files = load_dashboard().files
    code = [files[name].body for name in names if name.endswith((".js", ".css", ".html"))]
    assert code
    return sum(len(gzip.compress(body)) for body in code)
