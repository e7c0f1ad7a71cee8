"""A held model in the browser: why it is held is read, it is released, and then it answers."""

import time
from collections.abc import Iterator

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, Locator, Page, expect
from typer.testing import CliRunner

from tests.browser.conftest import PATIENCE_MS, visit
from tests.live import LiveServer
from understudy.cli.main import app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LINE = (
    b'{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}\n'
)
# A moderation model without its key ends a check before either model is asked.
POLICY = """
[safety]
moderator = "remote:away"
[remote_models.away]
base_url = "http://127.0.0.1:9/v1"
api_key_env = "KEY_THAT_IS_NOT_SET"
task = "moderation"
[projects.careful.safety]
release = "hold"
"""
PROMPT = "Decline what harms."


@pytest.fixture
def key(server: LiveServer) -> str:
    """The key of a project of its own, as its policy is."""
    for command in (("projects", "create", "careful"), ("keys", "create", "--project", "careful")):
        done = CliRunner().invoke(app, [*command, "--home", str(server.home)])
        assert done.exit_code == 0, done.output
    return done.output.strip()


@pytest.fixture
def job_id(server: LiveServer, key: str) -> Iterator[str]:
    """A job that has succeeded, whose model no check can clear."""
    with OpenAI(base_url=server.url, api_key=key) as client:
        file = client.files.create(file=("a.jsonl", LINE * 10), purpose="fine-tune")
        once = {"n_epochs": 1, "batch_size": 10}
        job = client.fine_tuning.jobs.create(
            model="understudy-nano",
            training_file=file.id,
            method={"type": "supervised", "supervised": {"hyperparameters": once}},
        )
        while job.status != "succeeded":
            assert job.status != "failed", job.error
            time.sleep(0.1)
            job = client.fine_tuning.jobs.retrieve(job.id)
    settings = server.home / "understudy.toml"
    before = settings.read_text()
    settings.write_text(before + POLICY)
    yield job.id
    settings.write_text(before)


def test_a_held_model_answers_once_somebody_has_released_it(
    server: LiveServer, browser: Browser, key: str, job_id: str
):
    visitor = visit(browser, server, locale="en-GB")
    visitor.page.add_init_script(f"sessionStorage.setItem('understudy.key', '{key}')")
    page = visitor.open(f"/fine-tuning/{job_id}")
    page.get_by_role("heading", level=1).get_by_role("link", name="held").click()
    check = page.locator("#safety-check")
    see(check.get_by_text("The check came to no result"))
    see(check.get_by_text("not screened", exact=True))
    ask(page)
    see(page.get_by_text("is held and answers nobody"))
    page.go_back()
    check.get_by_role("button", name="Release").click()
    release = page.get_by_role("dialog").get_by_role("button", name="Release", exact=True)
    expect(release).to_be_disabled()
    page.get_by_label("Reason").fill("I read what it says.")
    release.click()
    see(check.get_by_text("released by hand"))
    see(check.get_by_text("made by hand: I read what it says."))
    see(check.get_by_text("not screened", exact=True))
    ask(page)
    see(page.get_by_role("region", name="ft:understudy-nano").get_by_text("first token after"))
    page.go_back()
    page.get_by_role("button", name="Safety and provenance").first.click()
    page.get_by_label("Default system prompt").fill(PROMPT)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    see(page.get_by_role("dialog").get_by_text("(of an earlier check; counts no longer)"))
    visitor.page.context.close()
    assert [fault for fault in visitor.faults if "403 (Forbidden)" not in fault] == []


def ask(page: Page) -> None:
    page.get_by_role("link", name="Compare with base model").click()
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send").click()


def see(shown: Locator) -> None:
    expect(shown).to_be_visible(timeout=PATIENCE_MS)
