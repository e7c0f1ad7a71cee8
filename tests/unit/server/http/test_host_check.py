"""Which hosts are this machine."""

import pytest

from understudy.errors import PermissionDeniedError
from understudy.server.http.host_check import check_host, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_addresses(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com", ""])
def test_other_addresses(host: str):
    assert not is_loopback(host)


def test_a_request_without_a_host_is_not_from_a_browser():
    check_host([(b"accept", b"*/*")])


@pytest.mark.parametrize("host", [b"LOCALHOST:1", b"localhost.", b"[::1]:8000", b"127.0.0.1"])
def test_names_of_this_machine_pass(host: bytes):
    check_host([(b"host", host)])


@pytest.mark.parametrize("host", [b"", b"a.com", b"localhost.a.com", b"[::2]", b"127.0.0.1.a.com"])
def test_other_names_do_not(host: bytes):
    with pytest.raises(PermissionDeniedError):
        check_host([(b"host", host)])
