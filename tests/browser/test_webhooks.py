"""An endpoint in the browser: added, its deliveries watched, one sent again."""

import pytest
from playwright.sync_api import expect

from tests.api.webhooks.receiver import receiving
from tests.browser.conftest import Visitor
from tests.live import LiveServer

pytestmark = pytest.mark.slow

LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'


def test_an_event_that_was_not_taken_is_seen_and_sent_again(server: LiveServer, visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/webhooks")
    with receiving() as receiver:
        page.get_by_role("button", name="Add endpoint").click()
        page.get_by_label("Name").fill("training")
        page.get_by_label("URL").fill(receiver.url)
        page.get_by_label("fine_tuning.job.cancelled").check()
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_text("Copy the secret now")).to_be_visible()
        assert "whsec_" in page.get_by_role("dialog").inner_text()
        page.get_by_role("button", name="Close").last.click()
        page.get_by_role("link", name="training").click()

        receiver.status = 500
        client = server.client()
        file = client.files.create(file=("a.jsonl", LINE * 10), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="understudy-nano", training_file=file.id)
        client.fine_tuning.jobs.cancel(job.id)
        expect(page.get_by_role("cell", name="The endpoint answered 500")).to_be_visible()

        receiver.status = 200
        page.get_by_role("button", name=f"Send again: {job.id}").click()
        expect(page.get_by_role("cell", name="delivered")).to_be_visible()
        page.get_by_role("button", name="Send a test event").click()
        expect(page.get_by_text("The endpoint answered 200.")).to_be_visible()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("No webhook endpoints")).to_be_visible()
    assert visitor.faults == []
