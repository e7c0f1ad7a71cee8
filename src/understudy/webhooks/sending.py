"""Sends one webhook to one address, and says what came of it."""

import asyncio
import time
from collections.abc import Mapping

import httpx2

from understudy.ids import unix_now
from understudy.outbound.addresses import AddressRefusedError, Resolver, system_resolver
from understudy.outbound.transport import CheckedTransport
from understudy.webhooks.deliveries import DeliveryAttempt, WebhookMessage
from understudy.webhooks.events import payload
from understudy.webhooks.secrets import signed_headers

_SECONDS = 10.0
_REDIRECTS = range(300, 400)
_TAKEN = range(200, 300)


class WebhookSender:
    """Posts signed events; redirects are not followed and answers not read."""

    def __init__(
        self,
        *,
        allows_private: bool,
        resolve: Resolver = system_resolver,
        seconds: float = _SECONDS,
    ) -> None:
        """`seconds` is the time from the look-up of the host to the status of the answer."""
        self._seconds = seconds
        self._client = httpx2.AsyncClient(
            transport=CheckedTransport(allows_private=allows_private, resolve=resolve),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, message: WebhookMessage) -> DeliveryAttempt:
        """Post an event once; whatever goes wrong is part of what is returned."""
        body = payload(
            event_id=message.event_id,
            type=message.event_type,
            created_at=message.created_at,
            object_id=message.object_id,
        )
        signed = signed_headers(
            message.secrets, message_id=message.event_id, timestamp=int(message.now), body=body
        )
        at, began = unix_now(), time.perf_counter()
        status_code, error = await self._post(message.url, body, signed)
        taken = round((time.perf_counter() - began) * 1000)
        return DeliveryAttempt(at=at, status_code=status_code, error=error, milliseconds=taken)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _post(
        self, url: str, body: bytes, signed: Mapping[str, str]
    ) -> tuple[int | None, str | None]:
        headers = {
            "content-type": "application/json",
            "user-agent": "Understudy-Webhooks",
            **signed,
        }
        request = self._client.build_request("POST", url, content=body, headers=headers)
        try:
            # The client's own timeout begins anew with every byte.
            async with asyncio.timeout(self._seconds):
                response = await self._client.send(request, stream=True)
            await response.aclose()
        except AddressRefusedError as refused:
            return None, f"{refused.message} Nothing was sent."
        except (TimeoutError, httpx2.TimeoutException):
            return None, f"The endpoint did not answer within {self._seconds:g} seconds."
        except httpx2.HTTPError as problem:
            return (
                None,
                f"The endpoint cannot be reached: {str(problem) or type(problem).__name__}.",
            )
        return response.status_code, _fault(response.status_code)


def _fault(status_code: int) -> str | None:
    if status_code in _TAKEN:
        return None
    if status_code in _REDIRECTS:
        return (
            f"The endpoint answered {status_code}, a redirect, which is not followed: give the "
            "address that it leads to."
        )
    return f"The endpoint answered {status_code}; a status from 200 to 299 says that it took it."
