"""An HTTP transport that connects to the address that was checked, and to no other."""

import httpx2

from understudy.outbound.addresses import Resolver, allowed_address, system_resolver

_PORTS = {"http": 80, "https": 443}


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Looks a host up once, checks what was found, and connects to exactly that.

    Between a check of a name and a connection to it, its owner could let it mean another address
    (DNS rebinding); certificate and `Host` are still those of the name.
    """

    def __init__(self, *, allows_private: bool, resolve: Resolver = system_resolver) -> None:
        self._allows_private = allows_private
        self._resolve = resolve
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; raises AddressRefusedError besides the client's own errors."""
        host = request.url.host
        port = request.url.port or _PORTS[request.url.scheme]
        address = await allowed_address(
            host, port, allows_private=self._allows_private, resolve=self._resolve
        )
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(address))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()
