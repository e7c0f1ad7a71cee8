"""A job over graded answers in a browser: asked for in the form, and watched with its answers."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul", "Bern", "Kyiv")
BRIEF = """
def grade(sample, item):
    return max(0.0, 1 - len(sample["output_text"]) / 100)
"""
PATIENT = 4 * PATIENCE_MS


def lines() -> bytes:
    return "\n".join(
        json.dumps(
            {
                "messages": [{"role": "user", "content": f"What do you know about {place}?"}],
                "answer": place,
            }
        )
        for place in (*PLACES, *map(str.upper, PLACES))
    ).encode()


def test_a_job_is_asked_for_in_the_form_and_its_answers_are_read_on_its_page(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/fine-tuning/new")
    ask_for_a_job(page)
    watch_it(page)
    read_the_answers(page)


def ask_for_a_job(page: Page) -> None:
    page.get_by_role("radio", name="Reinforcement").check()
    choose_model(page, "understudy-nano")
    page.get_by_label("Training data").set_input_files(
        {"name": "places.jsonl", "mimeType": "text/plain", "buffer": lines()}
    )
    expect(page.get_by_text("This file is valid for fine-tuning.")).to_be_visible()
    # Held-out prompts are needed, so "None" is no choice.
    expect(page.get_by_role("radio", name="None", exact=True)).to_have_count(0)
    page.get_by_role("radio", name="Split automatically").click()
    grader = page.get_by_label("Grader", exact=True)
    page.get_by_label("Start from an example").select_option("text_similarity")
    expect(grader).to_have_value(json.dumps(json.loads(grader.input_value()), indent=2))
    page.get_by_label("Shadow grader").fill("{")
    expect(page.get_by_text("Enter a JSON object.")).to_be_visible()
    shadow = {"type": "python", "name": "brief", "source": BRIEF}
    page.get_by_label("Shadow grader").fill(json.dumps(shadow))
    for label, value in (
        ("Epochs", "1"),
        ("Batch size", "6"),
        ("Compute multiplier", "0.5"),
        ("Steps between validations", "1"),
        ("Tokens per answer", "40"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_label("Suffix").fill("rewarded")


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("button", name="Model:").click()
    page.get_by_label("Filter models").fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def watch_it(page: Page) -> None:
    page.get_by_role("button", name="Create job").click()
    expect(page.get_by_role("heading", name="rewarded")).to_be_visible()
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=PATIENT)
    expect(page.locator("canvas").first).to_be_visible()
    expect(page.get_by_text('"type": "text_similarity"').first).to_be_visible()
    expect(page.get_by_text("Shadow grader", exact=True)).to_be_visible()


def read_the_answers(page: Page) -> None:
    for kind in ("Worst", "Random", "Best"):
        page.get_by_role("radio", name=kind, exact=True).click()
        expect(page.get_by_text("Shadow: ").first).to_be_visible()
    expect(page.get_by_text("What do you know about").first).to_be_visible()
    page.get_by_role("link", name="All answers and grades").click()
    expect(page.get_by_text("Completed")).to_be_visible()
