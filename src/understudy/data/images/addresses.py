"""Which addresses images may be fetched from: https, and only hosts of the public internet."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.outbound.addresses import is_public

MAX_URL_CHARACTERS = 8192
"""Characters of an address that is fetched."""
PORT = 443
_KEPT = "understudy://images/"

_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]+")


def kept_url(sha256: str) -> str:
    """Return the address under which a stored answer names an image that it was asked about."""
    return _KEPT + sha256


def is_kept_url(address: str) -> bool:
    """Say whether an address is one of `kept_url`."""
    return address.startswith(_KEPT)


def kept_sha256(address: str) -> str:
    """Return the hash in an address of `kept_url`."""
    return address.removeprefix(_KEPT)


@dataclass(frozen=True, kw_only=True)
class ImageAddress:
    """Where an image is to be fetched."""

    host: str
    """A name, or an address as it is usually written."""
    target: str
    """Path and query, as they are sent."""


def read_address(url: str) -> ImageAddress:
    """Take an address apart; raises UnusableImageError for what is never fetched."""
    if len(url) > MAX_URL_CHARACTERS:
        raise _invalid(f"its URL is longer than {MAX_URL_CHARACTERS} characters")
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_url() from None
    is_clean = url.isprintable() and url.isascii() and not set(url) & set(' \\"<>^`{|}')
    if parts.scheme != "https" or not name or not is_clean:
        raise _no_url()
    if parts.username is not None or parts.password is not None:
        raise _invalid("its URL holds a name or password, which are not sent")
    if port not in (None, PORT):
        raise _invalid(f"its URL names port {port}; images are fetched from port {PORT} only")
    _check_host(name)
    query = f"?{parts.query}" if parts.query else ""
    return ImageAddress(host=name, target=f"{parts.path or '/'}{query}")


def _check_host(name: str) -> None:
    if _NAME.fullmatch(name):
        return
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # Other spellings of numbers, such as 0x7f.1, mean different hosts to different programs.
        raise _invalid(f"its URL names no host of the public internet: {name[:80]!r}") from None
    if not is_public(address):
        raise not_public(name)


def not_public(host: str) -> UnusableImageError:
    """Return the error for a host that is not one of the public internet."""
    return _invalid(
        f"its host {host[:80]!r} is not on the public internet; images are fetched from there only"
    )


def _no_url() -> UnusableImageError:
    return _invalid("its URL must be an https or data URL")


def _invalid(message: str) -> UnusableImageError:
    return UnusableImageError(ImageFault.INVALID_URL, message)
