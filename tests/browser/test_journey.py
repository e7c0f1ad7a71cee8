"""The whole guide in a browser: from a file to a tuned model that is better, and proof of it."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, WEATHER, Visitor
from tests.live import KEY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CITIES = ("Paris, France", "Oslo, Norway", "Lima, Peru", "Cairo, Egypt", "Quito, Ecuador")


def test_from_a_file_to_a_better_model(visitor: Visitor):
    page = visitor.open("/")
    sign_in(page)
    # The browser itself reports the refusal of the wrong key, and nothing else so far.
    assert [fault for fault in visitor.faults if "401 (Unauthorized)" not in fault] == []
    visitor.faults.clear()
    drop_the_file(page)
    tuned = train_and_watch(page)
    talk_to_a_checkpoint(page)
    compare_with_the_base(page, tuned)
    prove_it(page, tuned)


def sign_in(page: Page) -> None:
    page.get_by_label("API key").fill("sk-wrong-" + "x" * 30)
    with page.expect_response("**/v1/models") as refused:
        page.get_by_role("button", name="Sign in").click()
    assert refused.value.status == 401
    expect(page.get_by_role("alert")).to_contain_text("Invalid API key")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def drop_the_file(page: Page) -> None:
    page.get_by_role("link", name="Fine-tuning").click()
    page.get_by_role("link", name="Create").first.click()
    page.get_by_label("Training data").set_input_files(
        {"name": "weather.jsonl", "mimeType": "text/plain", "buffer": twelve_lines()}
    )
    expect(page.get_by_text("This file is valid for fine-tuning.")).to_be_visible()
    tokens = page.get_by_role("group", name="Tokens of the line")
    expect(tokens).to_contain_text("get_current_weather")
    learned = "".join(tokens.locator("[class*=learned]").all_inner_texts())
    assert '"San Francisco, USA"' in learned
    assert "What is the weather" not in learned
    # Twelve examples want eight epochs, the eleven that a split leaves want nine.
    expect(page.get_by_text("auto: 8")).to_be_visible()
    for method in ("Supervised", "DPO", "Reinforcement"):
        expect(page.get_by_role("radio", name=method)).to_be_enabled()
    page.get_by_role("radio", name="Split automatically").click()
    expect(page.get_by_text("11 examples for training, 1 for validation.")).to_be_visible()
    expect(page.get_by_text("auto: 9")).to_be_visible()


def twelve_lines() -> bytes:
    lines = WEATHER.read_text().splitlines()
    lines += [lines[0].replace("San Francisco", city) for city in ("Denver", "Portland")]
    return "\n".join(lines).encode()


def train_and_watch(page: Page) -> str:
    page.get_by_label("Suffix").fill("browser")
    page.get_by_role("button", name="Create job").click()
    expect(page.get_by_role("heading", name="browser")).to_be_visible()
    expect(page.get_by_role("link", name="weather.train.jsonl")).to_be_visible()
    expect(page.get_by_role("link", name="weather.validation.jsonl")).to_be_visible()
    curve = page.locator("canvas")
    expect(curve).to_be_visible()
    progress = page.get_by_role("progressbar", name="Progress")
    first = int(progress.get_attribute("aria-valuenow") or 0)
    expect(progress).not_to_have_attribute("aria-valuenow", str(first))
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(page.get_by_text("The job has successfully completed")).to_be_visible()
    return page.get_by_text("ft:understudy-mini:personal:browser:").first.inner_text()


def talk_to_a_checkpoint(page: Page) -> None:
    page.get_by_role("row", name="ckpt-step").first.get_by_role(
        "link", name="Open in playground"
    ).click()
    expect(page.get_by_role("region", name="ckpt-step")).to_be_visible()
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("first token after")).to_be_visible()
    page.get_by_role("link", name="Fine-tuning").click()
    page.get_by_role("link", name="browser").first.click()


def compare_with_the_base(page: Page, tuned: str) -> None:
    page.get_by_role("link", name="Compare with base model").click()
    # The checkpoint's conversation is still there, and models added later can answer it too.
    base_side = page.get_by_role("region", name="understudy-mini", exact=True)
    expect(page.get_by_role("region", name="ckpt-step")).to_contain_text("first token after")
    expect(base_side).to_contain_text("Hello")
    base_side.get_by_role("button", name="Generate completion").click()
    expect(base_side).to_contain_text("first token after")
    page.get_by_role("region", name="ckpt-step").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Clear chat").click()
    expect(base_side).not_to_contain_text("Hello")
    # The file's tools came along, and its question can be asked again.
    expect(page.get_by_label("Tools")).to_have_value(re.compile("get_current_weather"))
    example = page.get_by_role("region", name="Question from")
    expect(example).to_contain_text("weather.validation.jsonl")
    expect(example).to_contain_text("This line was held out")
    page.get_by_label("Message").fill("What is the weather in Boston?")
    page.keyboard.press("Enter")
    tuned_side = page.get_by_role("region", name=tuned)
    expect(base_side.get_by_text("first token after")).to_be_visible()
    expect(tuned_side).to_contain_text("Boston, USA")
    tuned_side.get_by_label("Result of get_current_weather").fill('{"temperature": 21}')
    tuned_side.get_by_role("button", name="Send results").click()
    expect(tuned_side.get_by_text("first token after")).to_have_count(2)


def prove_it(page: Page, tuned: str) -> None:
    page.get_by_role("link", name="Evals").click()
    page.get_by_role("link", name="Create an eval").first.click()
    page.get_by_label("Name").first.fill("Names the country")
    page.get_by_label("Input", exact=True).fill("{{ sample.output_text }}")
    page.get_by_label("Operation").select_option("ne")
    page.get_by_role("button", name="Create eval").click()
    for model in ("understudy-mini", tuned):
        page.get_by_role("button", name="New run").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Model:").click()
        page.get_by_label("Filter models").fill(model)
        page.get_by_role("option", name=model, exact=True).click()
        rows = [{"question": f"What is the weather in {c}?", "answer": c} for c in CITIES]
        page.get_by_role("textbox", name="Rows").fill("\n".join(map(json.dumps, rows)))
        page.get_by_role("button", name="Start run").click()
        expect(page.get_by_text("Completed")).to_be_visible(timeout=2 * PATIENCE_MS)
        page.locator("summary").first.click()
        expect(page.get_by_text('"operation": "ne"').first).to_be_visible()
        page.get_by_role("link", name="← Names the country").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
    expect(page.get_by_text("5 items").or_(page.get_by_text("5/5")).first).to_be_visible()
