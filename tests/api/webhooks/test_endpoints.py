"""Webhook endpoints by the official client."""

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import RunningServer
from tests.api.webhooks.receiver import Receiver

URL = "https://example.com/hooks"
JOBS = ["fine_tuning.job.succeeded", "fine_tuning.job.failed"]


def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(client: OpenAI):
    made = client.webhooks.create(name="mine", url=URL, event_types=JOBS)
    assert made.signing_secret.startswith("whsec_")
    assert made.signing_secret_hint.endswith(made.signing_secret[-4:])

    found = client.webhooks.retrieve(made.id)
    assert (found.name, found.url, found.event_types) == ("mine", URL, JOBS)
    assert made.signing_secret not in found.to_json()
    assert [each.id for each in client.webhooks.list()] == [made.id]


def test_a_list_is_read_page_by_page(client: OpenAI):
    made = [client.webhooks.create(name=n, url=URL, event_types=JOBS).id for n in "abc"]
    assert [each.id for each in client.webhooks.list(limit=1)] == made[::-1]


def test_an_endpoint_is_changed_in_what_is_given(client: OpenAI):
    made = client.webhooks.create(name="mine", url=URL, event_types=JOBS)
    client.webhooks.update(made.id, name="yours")
    changed = client.webhooks.update(made.id, event_types=["batch.completed"])
    assert (changed.name, changed.url) == ("yours", URL)
    assert changed.event_types == ["batch.completed"]
    assert changed.signing_secret_hint == made.signing_secret_hint


def test_a_deleted_endpoint_is_gone(client: OpenAI):
    made = client.webhooks.create(name="mine", url=URL, event_types=JOBS)
    assert client.webhooks.delete(made.id).deleted
    with pytest.raises(NotFoundError, match="No such webhook endpoint"):
        client.webhooks.retrieve(made.id)


def test_an_endpoint_of_another_project_is_not_found(server: RunningServer, client: OpenAI):
    made = client.webhooks.create(name="mine", url=URL, event_types=JOBS)
    other = server.client(server.new_project()[1])
    for ask in (other.webhooks.retrieve, other.webhooks.delete, other.webhooks.rotate_secret):
        with pytest.raises(NotFoundError):
            ask(made.id)


def test_a_rotation_gives_a_new_secret(client: OpenAI):
    made = client.webhooks.create(name="mine", url=URL, event_types=JOBS)
    rotated = client.webhooks.rotate_secret(made.id)
    assert rotated.signing_secret != made.signing_secret


def test_the_event_types_that_happen_here_are_listed(client: OpenAI):
    types = client.webhooks.event_types.list().data
    assert {"fine_tuning.job.cancelled", "eval.run.canceled", "batch.expired"} <= set(types)
    assert "realtime.call.incoming" not in types


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/hooks", "is an https URL"),
        ("ftp://example.com", "is an https URL"),
        ("https://", "is an https URL"),
        ("example.com", "is an https URL"),
        ("https://[::1", "This is no URL"),
        ("https://example.com:99999/", "This is no URL"),
        ("https://me:secret@example.com/", "no user and no password"),
        ("https://127.0.0.1/hooks", "no public address; the operator can allow it"),
        ("https://127.1/hooks", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://169.254.169.254/latest", "no public address"),
    ],
)
def test_an_address_that_must_not_be_sent_to_is_refused_with_the_reason(
    client: OpenAI, url: str, words: str
):
    with pytest.raises(BadRequestError, match=words) as refused:
        client.webhooks.create(name="mine", url=url, event_types=JOBS)
    assert refused.value.param == "url"


def test_event_types_that_never_happen_here_are_refused_by_name(client: OpenAI):
    with pytest.raises(BadRequestError, match=r"'video\.completed' does not happen on this server"):
        client.webhooks.create(name="mine", url=URL, event_types=["video.completed"])
    with pytest.raises(BadRequestError, match="given twice"):
        client.webhooks.create(name="mine", url=URL, event_types=JOBS + JOBS)
    with pytest.raises(BadRequestError) as refused:
        client.webhooks.create(name="mine", url=URL, event_types=[])
    assert refused.value.param == "event_types"


def test_a_sample_is_sent_at_once_and_verifies(open_client: OpenAI, receiver: Receiver):
    made = open_client.webhooks.create(name="mine", url=receiver.url, event_types=JOBS)
    receiver.status = 204
    result = open_client.webhooks.test(made.id, event_type="eval.run.canceled")
    assert (result.status_code, result.webhook_endpoint_id) == (204, made.id)
    (sent,) = receiver.received
    event = open_client.webhooks.unwrap(
        sent.body.decode(), sent.headers, secret=made.signing_secret
    )
    assert event.type == "eval.run.canceled"


def test_a_sample_that_does_not_arrive_is_an_error_with_the_reason(
    open_client: OpenAI, client: OpenAI
):
    made = open_client.webhooks.create(
        name="mine", url="http://127.0.0.1:9/hooks", event_types=JOBS
    )
    with pytest.raises(BadRequestError, match="cannot be reached") as refused:
        open_client.webhooks.test(made.id, event_type="batch.failed")
    assert refused.value.code == "webhook_not_delivered"
    with pytest.raises(BadRequestError, match="does not happen on this server"):
        open_client.webhooks.test(made.id, event_type="safety.alert.created")

    hidden = client.webhooks.create(name="x", url="https://localhost/hooks", event_types=JOBS)
    with pytest.raises(BadRequestError, match=r"no public address\. Nothing was sent"):
        client.webhooks.test(hidden.id, event_type="batch.failed")
