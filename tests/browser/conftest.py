"""A whole server with the built dashboard, and Debian's Chromium to look at it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from scripts import build_dashboard
from tests.live import KEY, LiveServer, live_server

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def dashboard() -> None:
    """The dashboard as its sources are now."""
    if not build_dashboard.is_up_to_date():
        build_dashboard.build()


@pytest.fixture(scope="session")
def server(dashboard: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("home")
    # Tests listen on this machine.
    (home / "understudy.toml").write_text("[webhooks]\nprivate_addresses = true\n")
    with live_server(home) as running:
        yield running


# Not for the whole session: as long as it runs, Playwright holds an event loop in this thread, and
# no other test in this process could run one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium is not None, "`scripts/install.sh dev` installs Chromium, or says how"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


class Visitor:
    """Somebody with a key, and everything that went wrong in their browser."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.faults: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.set_default_timeout(PATIENCE_MS)

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page

    def sign_in(self) -> None:
        # The key of a tab; the door itself is tried by the journey.
        self.page.add_init_script(f"sessionStorage.setItem('understudy.key', '{KEY}')")

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{self.page.url}: {message.text}")


def visit(browser: Browser, server: LiveServer, **options: object) -> Visitor:
    """Open an own window, with nothing remembered."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})  # type: ignore[arg-type]
    return Visitor(context.new_page(), server.url.removesuffix("/v1"))


@pytest.fixture
def visitor(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    """A visitor whose browser must have nothing to complain about at the end."""
    visitor = visit(browser, server, locale="en-GB")
    yield visitor
    visitor.page.context.close()
    assert visitor.faults == []


WEATHER = Path(__file__).parent.parent / "unit" / "data" / "weather_tools.jsonl"
