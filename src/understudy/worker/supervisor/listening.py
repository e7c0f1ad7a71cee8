"""The listening socket, opened by the supervisor so that it outlives a restart of the API."""

import errno
import socket

from understudy.errors import UnderstudyError

_BACKLOG = 512


class AddressError(UnderstudyError):
    """The address cannot be listened on; the text says why and what to change."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`; port 0 takes any free one.

    While the API process restarts, new connections wait in the backlog and are not refused.
    The protocol is named because asyncio turns Nagle's algorithm off only where it is TCP by name;
    left on, the second half of every answer waits 40 ms for a delayed acknowledgement.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressError(
            f"'{host}' is not an address of this machine: {error.strerror}."
        ) from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressError(_plain_words(host, port, error)) from error
    return listener


def _plain_words(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program. "
            "Choose another with --port, or let --port 0 pick a free one."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system. Choose one of 1024 or above with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"'{host}' is not an address of this machine. Use --host 127.0.0.1 or 0.0.0.0."
    return f"Cannot listen on {host}:{port}: {error.strerror}."
