"""Users name addresses, and the server talks only to public ones, however they are spelled."""

import asyncio
import ipaddress
from collections.abc import Sequence

import pytest

from understudy.outbound.addresses import (
    AddressRefusedError,
    allowed_address,
    is_public,
    literal_address,
)

PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a9fe:a9fe",
)


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_of_this_machine_and_of_private_networks_are_not_public(text: str):
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111"])
def test_addresses_of_the_open_internet_are_public(text: str):
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_a_loopback_address_is_known_in_the_spellings_that_the_system_takes(host: str):
    assert literal_address(host) == ipaddress.ip_address("127.0.0.1")


def test_a_name_is_no_address():
    assert literal_address("example.com") is None
    assert literal_address("[::1]") == ipaddress.ip_address("::1")


def look_up(*addresses: str, allows_private: bool = False):
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    asking = allowed_address("example.com", 443, allows_private=allows_private, resolve=resolve)
    return asyncio.run(asking)


def test_a_host_is_refused_when_any_of_its_addresses_is_private():
    assert str(look_up("8.8.8.8", "1.1.1.1")) == "8.8.8.8"
    with pytest.raises(AddressRefusedError, match=r"is 10\.0\.0\.1, which is no public"):
        look_up("8.8.8.8", "10.0.0.1")


def test_an_operator_may_allow_private_addresses():
    assert str(look_up("10.0.0.1", allows_private=True)) == "10.0.0.1"


def test_a_host_without_an_address_is_refused():
    with pytest.raises(AddressRefusedError, match="has no address"):
        look_up()
    with pytest.raises(AddressRefusedError, match="cannot be found"):
        asyncio.run(allowed_address("nothing.invalid", 443, allows_private=True))
