"""Which network addresses a user may have this server talk to."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from understudy.errors import UnderstudyError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Gateways turn addresses of this network into those of the older internet (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to its addresses; raises OSError where there are none."""


class AddressRefusedError(UnderstudyError):
    """The host has no address, or one that belongs to this machine or to a private network."""


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system knows them, without doubles."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def allowed_address(
    host: str, port: int, *, allows_private: bool, resolve: Resolver = system_resolver
) -> IpAddress:
    """Return the address to connect to, looked up once; raises AddressRefusedError.

    A host with one private address among several is refused: which of them is used would be a
    matter of luck.
    """
    try:
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in await resolve(host, port)]
    except (OSError, UnicodeError) as error:
        raise AddressRefusedError(f"The host {host[:200]} cannot be found.") from error
    if not found:
        raise AddressRefusedError(f"The host {host[:200]} has no address.")
    private = [address for address in found if not is_public(address)]
    if private and not allows_private:
        raise AddressRefusedError(
            f"The host {host[:200]} is {private[0]}, which is no public address."
        )
    return found[0]


def is_public(address: IpAddress) -> bool:
    """Say whether an address is one of the public internet, whatever form it is hidden in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if address.is_site_local or (inner is not None and not is_public(inner)):
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def literal_address(host: str) -> IpAddress | None:
    """Return the address that a host of a URL spells, also as 127.1 or 0x7f000001; else None."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        # What the system's own resolver takes for an address without asking anybody.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the address of the older internet that this one leads to, if any."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_old_form = int(address) >> 32 == 0
    if is_old_form or address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
