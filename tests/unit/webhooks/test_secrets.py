"""Signatures are those of the Standard Webhooks specification."""

import time

import pytest
from openai import InvalidWebhookSignatureError, OpenAI
from standardwebhooks import Webhook, WebhookVerificationError

from understudy.webhooks.events import EVENT_TYPES, payload, sample_object_id
from understudy.webhooks.secrets import SigningSecret, signed_headers

OLD, NEW, OTHER = (
    SigningSecret.derive(b"pepper", id, n) for id, n in (("a", 1), ("a", 2), ("b", 1))
)
CLIENT = OpenAI(api_key="none")


def signed(*secrets: SigningSecret, type: str = "fine_tuning.job.succeeded"):
    now = int(time.time())
    body = payload(event_id="evt_1", type=type, created_at=now, object_id=sample_object_id(type))
    return body, signed_headers(secrets, message_id="evt_1", timestamp=now, body=body)


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_every_event_is_unwrapped_by_the_official_client(type: str):
    body, headers = signed(OLD, type=type)
    event = CLIENT.webhooks.unwrap(body.decode(), headers, secret=OLD.text)
    assert (event.type, event.id, event.object) == (type, "evt_1", "event")
    assert event.data.id.startswith(("ftjob-", "evalrun_", "batch_", "resp_"))


def test_the_library_of_the_specification_verifies_a_webhook():
    body, headers = signed(OLD)
    assert Webhook(OLD.text).verify(body, headers)["type"] == "fine_tuning.job.succeeded"


def test_after_a_rotation_both_secrets_verify_and_no_third_one():
    body, headers = signed(NEW, OLD)
    for secret in (OLD, NEW):
        assert CLIENT.webhooks.unwrap(body.decode(), headers, secret=secret.text)
        assert Webhook(secret.text).verify(body, headers)
    with pytest.raises(InvalidWebhookSignatureError):
        CLIENT.webhooks.unwrap(body.decode(), headers, secret=OTHER.text)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER.text).verify(body, headers)


def test_a_changed_body_does_not_verify():
    body, headers = signed(OLD)
    with pytest.raises(InvalidWebhookSignatureError):
        CLIENT.webhooks.unwrap(body.decode() + " ", headers, secret=OLD.text)


def test_a_secret_is_the_endpoints_own_and_its_hint_gives_nothing_away():
    assert len({OLD.text, NEW.text, OTHER.text}) == 3
    assert OLD.hint == f"whsec_***{OLD.text[-4:]}"
    assert OLD.text[6:-4] not in repr(OLD)
