"""The one client that fetches images: from the public internet only, within bounds."""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import urljoin

from understudy.data.images.addresses import (
    PORT,
    ImageAddress,
    not_public,
    read_address,
)
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.pictures import MAX_IMAGE_BYTES, too_many_bytes
from understudy.outbound.addresses import is_public

MAX_SECONDS = 15.0
"""From the question for the host's addresses to the last byte, with all redirects."""
_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_OK = 200
_PIECE_BYTES = 64 * 1024

Resolver = Callable[[str], Sequence[str]]
"""From the name of a host to all of its addresses; raises OSError."""


def resolve(host: str) -> Sequence[str]:
    """Ask the system for the addresses of a host."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, kw_only=True)
class ImageFetcher:
    """Fetches images over https.

    A host's addresses are asked for once, all have to be public, and the connection goes to one of
    those very addresses, so that a name cannot change its meaning in between. Proxies of the
    environment are not used. Redirects are followed within the host only.
    """

    resolver: Resolver = resolve
    tls: ssl.SSLContext | None = None
    """None trusts what the system trusts."""
    port: int = PORT
    max_seconds: float = MAX_SECONDS
    is_allowed: Callable[[str], bool] = lambda address: is_public(ipaddress.ip_address(address))
    """Which addresses a connection may go to; only tests, which have no internet, change it."""

    def fetch(self, url: str) -> bytes:
        """Return what stands at an address; blocks, and raises UnusableImageError."""
        ends_at = time.monotonic() + self.max_seconds
        address = read_address(url)
        pinned = self._pinned(address.host)
        for _ in range(_MAX_REDIRECTS + 1):
            answer = _Visit(self, address, pinned, ends_at).get()
            if isinstance(answer, bytes):
                return answer
            following = read_address(urljoin(f"https://{address.host}{address.target}", answer))
            if following.host != address.host:
                raise _not_downloaded("its address redirects to another host")
            address = following
        raise _not_downloaded("its address redirects too often")

    def _pinned(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, every one of which is public."""
        addresses = _within(self.max_seconds, self.resolver, host)
        if not addresses:
            raise _not_downloaded(f"its host {host[:80]!r} was not found")
        for address in addresses:
            try:
                is_allowed = self.is_allowed(address)
            except ValueError:
                is_allowed = False
            if not is_allowed:
                raise not_public(host)
        return addresses


class _Visit:
    """One request to one address of a host."""

    def __init__(
        self,
        fetcher: ImageFetcher,
        address: ImageAddress,
        pinned: Sequence[str],
        ends_at: float,
    ) -> None:
        self._fetcher = fetcher
        self._address = address
        self._pinned = pinned
        self._ends_at = ends_at
        self._socket: socket.socket | None = None
        self._is_late = False

    def get(self) -> bytes | str:
        """Return the bytes that stand there, or the address that it redirects to."""
        # Timeouts of a socket begin anew with every byte; a slow server could hold us for ever.
        watch = threading.Timer(self._seconds_left(), self._expire)
        watch.daemon = True
        watch.start()
        try:
            found = self._exchange()
        except (OSError, http.client.HTTPException, UnusableImageError) as error:
            if self._is_late or isinstance(error, TimeoutError):
                raise _too_slow(self._fetcher.max_seconds) from None
            if isinstance(error, UnusableImageError):
                raise
            raise _not_downloaded(f"its host did not send it ({type(error).__name__})") from None
        finally:
            watch.cancel()
            self._hang_up()
        if self._is_late:
            # What was cut off looks like the end of a body that did not say how long it is.
            raise _too_slow(self._fetcher.max_seconds)
        return found

    def _exchange(self) -> bytes | str:
        connection = http.client.HTTPSConnection(self._address.host, self._fetcher.port)
        self._socket = connection.sock = self._connect()
        with closing(connection):
            connection.request(
                "GET",
                self._address.target,
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"},
            )
            with connection.getresponse() as response:
                return self._answer(response)

    def _answer(self, response: http.client.HTTPResponse) -> bytes | str:
        if response.status in _REDIRECTS:
            return response.headers.get("Location", "")
        if response.status != _OK:
            raise _not_downloaded(f"its host answered with status {response.status}")
        kind = response.headers.get_content_type()
        if not kind.startswith("image/") and kind != "application/octet-stream":
            raise _not_downloaded(f"what stands at its address is {kind[:40]}, not an image")
        return self._body(response)

    def _connect(self) -> socket.socket:
        context = self._fetcher.tls or ssl.create_default_context()
        for last, address in enumerate(self._pinned, start=1):
            try:
                raw = socket.create_connection(
                    (address, self._fetcher.port), self._seconds_left() / 2
                )
            except OSError:
                if last == len(self._pinned):
                    raise
                continue
            self._socket = raw
            raw.settimeout(self._seconds_left())
            return context.wrap_socket(raw, server_hostname=self._address.host)
        raise AssertionError("a host that was found has an address")

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        content = bytearray()
        while piece := response.read1(_PIECE_BYTES):
            content += piece
            if len(content) > MAX_IMAGE_BYTES:
                raise too_many_bytes()
        if response.length:
            raise _not_downloaded("its host stopped in the middle of it")
        return bytes(content)

    def _seconds_left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise _too_slow(self._fetcher.max_seconds)
        return left

    def _expire(self) -> None:
        self._is_late = True
        self._hang_up()

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()


def _within(seconds: float, resolver: Resolver, host: str) -> Sequence[str]:
    """Ask a resolver, which knows no bound of its own, for at most so long."""
    found: list[Sequence[str]] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            found.append(resolver(host))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise _too_slow(seconds)
    return found[0] if found else ()


def _too_slow(seconds: float) -> UnusableImageError:
    return _not_downloaded(f"its host did not send it within {seconds:g} seconds")


def _not_downloaded(message: str) -> UnusableImageError:
    return UnusableImageError(ImageFault.NOT_DOWNLOADED, message)
