"""What is fetched comes from the public internet and nowhere else, within bounds."""

import ipaddress
import random
import socket
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.unit.data.images.web import HOST, PICTURE, Web, serving
from understudy.data.images.addresses import read_address
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.fetching import ImageFetcher
from understudy.data.images.pictures import MAX_IMAGE_BYTES
from understudy.outbound.addresses import is_public

LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with serving(tmp_path_factory.mktemp("web")) as found:
        yield found


def fetcher(web: Web, max_seconds: float = 5.0) -> ImageFetcher:
    """Fetch from the server of these tests, which alone is reached over the loopback address."""
    return ImageFetcher(
        resolver=lambda host: [LOOPBACK] if host == HOST else ["93.184.216.34"],
        tls=web.tls,
        port=web.port,
        max_seconds=max_seconds,
        is_allowed=lambda address: address == LOOPBACK,
    )


def refused(web: Web, path: str, max_seconds: float = 5.0) -> str:
    with pytest.raises(UnusableImageError) as error:
        fetcher(web, max_seconds).fetch(f"https://{HOST}/{path}")
    return error.value.message


def test_a_picture_comes_with_the_name_of_its_host(web: Web):
    web.asked.clear()
    assert fetcher(web).fetch(f"https://{HOST}/a.png?size=1#part") == PICTURE
    assert web.asked == [f"{HOST}:{web.port}/a.png?size=1"]


def test_redirects_are_followed_within_the_host_only(web: Web):
    assert fetcher(web).fetch(f"https://{HOST}/to/to/a.png") == PICTURE
    assert "redirects too often" in refused(web, "round")
    assert "redirects to another host" in refused(web, "away/other.example.com")
    assert "not on the public internet" in refused(web, "away/169.254.169.254")
    assert "no host of the public internet" in refused(web, "away/localhost")
    assert "must be an https or data URL" in refused(web, "plain")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("page", "text/html, not an image"),
        ("short", "stopped in the middle"),
        ("heads", "did not send it"),
        ("junk", "did not send it"),
        ("status/404", "status 404"),
        ("status/500", "status 500"),
        ("status/206", "status 206"),
    ],
)
def test_what_is_no_picture_is_refused(web: Web, path: str, words: str):
    assert words in refused(web, path)


def test_a_picture_that_does_not_end_is_left_at_its_limit(web: Web):
    assert f"larger than {MAX_IMAGE_BYTES // 1024 // 1024} MB" in refused(web, "large")


@pytest.mark.parametrize("path", ["slow", "slow/endless", "slowhead"])
def test_a_host_that_sends_byte_by_byte_is_hung_up_on(web: Web, path: str):
    began = time.monotonic()
    assert "did not send it within 0.5 seconds" in refused(web, path, max_seconds=0.5)
    assert time.monotonic() - began < 3


def test_a_resolver_that_never_answers_holds_nobody():
    def sleeping(host: str) -> Sequence[str]:
        time.sleep(3)
        return []

    began = time.monotonic()
    with pytest.raises(UnusableImageError, match=r"within 0\.2 seconds"):
        ImageFetcher(resolver=sleeping, max_seconds=0.2).fetch(f"https://{HOST}/a.png")
    assert time.monotonic() - began < 1


def test_a_certificate_for_another_host_is_refused(web: Web):
    trusting = fetcher(web)
    other = ImageFetcher(
        resolver=lambda host: [LOOPBACK],
        tls=web.tls,
        port=web.port,
        is_allowed=trusting.is_allowed,
    )
    with pytest.raises(UnusableImageError, match="SSLCertVerificationError"):
        other.fetch("https://other.example.com/a.png")


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_address(
    web: Web, monkeypatch: pytest.MonkeyPatch
):
    answers = iter([[LOOPBACK], ["10.0.0.1"]])
    asked: list[object] = []
    connect = socket.create_connection

    def watched(address: tuple[str, int], *rest: object) -> socket.socket:
        asked.append(address)
        return connect(address, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", watched)
    rebinding = ImageFetcher(
        resolver=lambda host: next(answers),
        tls=web.tls,
        port=web.port,
        is_allowed=lambda address: address == LOOPBACK,
    )
    assert rebinding.fetch(f"https://{HOST}/to/a.png") == PICTURE
    assert set(asked) == {(LOOPBACK, web.port)}


PRIVATE = (
    "127.0.0.1", "127.255.0.3", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.5",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "100::1",
)  # fmt: skip
PUBLIC = ("93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:800::200e")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_known(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_known(address: str):
    assert is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    assert read_address(f"https://{host}/a.png").host == address


SPELLINGS = (
    "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.0.0.1.",
    "127.000.000.001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
    "[fe80::1%25eth0]", "[fe80::1%eth0]", "localhost", "LOCALHOST", "localhost.", "ip6-localhost",
    "intranet", "127.0.0.1:443", "127.0.0.1:80", "0", "0.0.0.0", "①②⑦.0.0.1", "127。0。0。1",
    "metadata", "169.254.169.254", "[fd00:ec2::254]", "2852039166", "0xa9fea9fe", "user@127.0.0.1",
    "example.com@127.0.0.1", "127.0.0.1#@example.com", "127.0.0.1\\@example.com", "exa mple.com",
    "example.com:22", "example.com:99999", "example.com:", "[::1", "::1", "", ".", "..", "-.com",
    "a" * 300 + ".com", "xn--", "exam\tple.com", "example.com\r\nHost: 127.0.0.1", "%31%32%37.1",
)  # fmt: skip


def test_a_thousand_hostile_urls_never_lead_to_a_private_address(monkeypatch: pytest.MonkeyPatch):
    """Names mean private addresses in many ways; no connection is ever tried to one of them."""
    tried: list[str] = []

    def connect(address: tuple[str, int], *_: object) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    chance = random.Random(0)
    resolved: dict[str, list[str]] = {}

    def resolver(host: str) -> Sequence[str]:
        private = [chance.choice(PRIVATE)] if chance.random() < 0.7 else []
        found = [*chance.choices(PUBLIC, k=chance.randint(0, 2)), *private]
        chance.shuffle(found)
        if chance.random() < 0.05:
            found.append(chance.choice(["", "no address", "fe80::1%eth0", "1.2.3"]))
        resolved[host] = found
        return found

    hostile = ImageFetcher(resolver=resolver, max_seconds=2)
    refusals: set[str] = set()
    for number in range(1000):
        host = chance.choice([*SPELLINGS, *PRIVATE, f"name{number}.example.com"])
        if ":" in host and "[" not in host and chance.random() < 0.5:
            host = f"[{host}]"
        scheme = chance.choice(
            ["https", "https", "https", "HTTPS", "http", "ftp", "file", "gopher"]
        )
        url = f"{scheme}://{host}{chance.choice(['', '/', '/a.png', '?a', '//b', '/../c'])}"
        before = len(tried)
        with pytest.raises(UnusableImageError) as refused:
            hostile.fetch(url)
        refusals.add(refused.value.message[:20])
        for address in tried[before:]:
            assert is_public(ipaddress.ip_address(address)), url
            assert all(is_public(ipaddress.ip_address(a)) for a in resolved[host])
    assert tried, "some names are those of public hosts"
    assert len(refusals) >= 4
