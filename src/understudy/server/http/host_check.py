"""Refuses requests for foreign host names, by which a web page could reach a local server."""

import ipaddress
from collections.abc import Iterable

from understudy.errors import PermissionDeniedError
from understudy.wording import worded


def is_loopback(host: str) -> bool:
    """Say whether only programs of the same machine can reach a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise PermissionDeniedError when the Host header does not name this machine.

    A page from the internet can let its own name point to 127.0.0.1 (DNS rebinding); then the
    browser sends that name here.
    """
    for name, value in headers:
        if name == b"host" and not _is_local(_without_port(value.decode("latin-1"))):
            raise PermissionDeniedError(
                worded(
                    "api.server_answers_only_names",
                    "This server answers only to the names of its own machine, such "
                    "as 127.0.0.1 and localhost; start it with another --host to "
                    "reach it by a different name.",
                )
            )


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_local(name: str) -> bool:
    name = name.lower().removesuffix(".")
    return is_loopback(name) or name.endswith(".localhost")
