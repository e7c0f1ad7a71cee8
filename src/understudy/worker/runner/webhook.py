"""One attempt at one delivery: sent, and what came of it recorded."""

import asyncio
from dataclasses import dataclass

from understudy.storage.database import Database
from understudy.storage.tables.webhooks import WebhookDeliveryRow
from understudy.webhooks.deliveries import message_of, record_attempt
from understudy.webhooks.endpoints import EndpointPolicy
from understudy.webhooks.sending import WebhookSender
from understudy.work.lease import Hold


@dataclass(frozen=True, kw_only=True)
class WebhookContext:
    """What every delivery of one runner works with."""

    database: Database
    policy: EndpointPolicy
    sender: WebhookSender


async def deliver(context: WebhookContext, hold: Hold[WebhookDeliveryRow]) -> None:
    """Send what is held once; raises LeaseLostError."""
    message = await asyncio.to_thread(message_of, context.database, context.policy, hold)
    result = await context.sender.send(message)
    await asyncio.to_thread(record_attempt, context.database, hold, result)
