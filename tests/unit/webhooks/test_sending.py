"""An endpoint answers within its time or not at all, however it uses that time."""

import asyncio
from contextlib import aclosing

from understudy.webhooks.deliveries import DeliveryAttempt, WebhookMessage
from understudy.webhooks.secrets import SigningSecret
from understudy.webhooks.sending import WebhookSender

SECONDS = 0.3


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 200, a byte at a time: no single wait is long."""
    try:
        for letter in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n":
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(SECONDS / 4)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def send_to_a_dripping_endpoint() -> DeliveryAttempt:
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    message = WebhookMessage(
        url=f"http://127.0.0.1:{port}/",
        secrets=[SigningSecret.derive(b"pepper", "we_1", 1)],
        event_id="evt_1",
        event_type="batch.failed",
        object_id="batch_1",
        created_at=1,
        now=1.0,
    )
    async with server, aclosing(WebhookSender(allows_private=True, seconds=SECONDS)) as sender:
        return await sender.send(message)


def test_an_endpoint_that_drips_its_answer_does_not_get_more_time():
    attempt = asyncio.run(send_to_a_dripping_endpoint())
    assert attempt.status_code is None
    assert attempt.error == "The endpoint did not answer within 0.3 seconds."
