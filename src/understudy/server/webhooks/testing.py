"""Sends a sample to an endpoint while its owner waits."""

from contextlib import aclosing

from understudy.errors import InvalidRequestError
from understudy.ids import new_id, unix_now
from understudy.storage.tables.webhooks import WebhookEndpointRow
from understudy.webhooks.deliveries import WebhookMessage
from understudy.webhooks.endpoints import EndpointPolicy, check_types
from understudy.webhooks.events import sample_object_id
from understudy.webhooks.sending import WebhookSender


async def send_sample(row: WebhookEndpointRow, event_type: str, policy: EndpointPolicy) -> int:
    """Return the status that the endpoint answered, whatever it is.

    Raises InvalidRequestError for an unknown type, and when there was no answer.
    """
    check_types([event_type], param="event_type")
    now = unix_now()
    message = WebhookMessage(
        url=row.url,
        secrets=policy.secrets(row, now),
        event_id=new_id("evt_"),
        event_type=event_type,
        object_id=sample_object_id(event_type),
        created_at=now,
        now=now,
    )
    async with aclosing(WebhookSender(allows_private=policy.allows_private)) as sender:
        result = await sender.send(message)
    if result.status_code is None:
        raise InvalidRequestError(str(result.error), code="webhook_not_delivered", param="url")
    return result.status_code
