"""The dashboard's files as a browser gets them."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from understudy.server.dashboard.built_files import load_dashboard
from understudy.server.dashboard.routes import DashboardSite
from understudy.server.http.errors import install_error_handlers

HTML = {"accept": "text/html,application/xhtml+xml"}
PAGE = "<!doctype html><title>Understudy</title>"
SCRIPT = "console.log('x');\n" * 200


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "index-a1b2.js").write_text(SCRIPT)
    (tmp_path / ".stamp").write_text("not for browsers")
    return client_for(tmp_path)


def client_for(directory: Path) -> TestClient:
    app = Starlette()
    unknown = PlainTextResponse("unknown", 404)
    app.router.default = DashboardSite(load_dashboard(directory), unknown)
    install_error_handlers(app)  # type: ignore[arg-type]
    return TestClient(app)


@pytest.mark.parametrize(
    "path", ["/", "/fine-tuning", "/evals/eval_1/runs/evalrun_1", "/files/x.y"]
)
def test_every_address_of_the_dashboard_opens_its_page(browser: TestClient, path: str):
    answer = browser.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/v1/nothing", HTML),
        ("GET", "/v1", HTML),
        ("GET", "/anything", {"accept": "*/*"}),
        ("GET", "/.stamp", {"accept": "*/*"}),
        ("GET", "/assets/../.stamp", {"accept": "*/*"}),
        ("GET", "/assets/gone.js", {"accept": "*/*"}),
    ],
)
def test_everything_else_stays_unknown(browser: TestClient, method: str, path: str, headers):
    assert browser.request(method, path, headers=headers).status_code == 404


def test_a_named_file_is_kept_for_ever_and_travels_compressed(browser: TestClient):
    answer = browser.get("/assets/index-a1b2.js", headers={"accept-encoding": "gzip"})
    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = browser.get("/assets/index-a1b2.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_an_unchanged_file_is_not_sent_again(browser: TestClient):
    etag = browser.get("/", headers=HTML).headers["etag"]
    again = browser.get("/", headers=HTML | {"if-none-match": etag})
    assert (again.status_code, again.text) == (304, "")


def test_nothing_inline_nothing_foreign_no_frames_no_guessing_of_types(browser: TestClient):
    headers = browser.get("/", headers=HTML).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(" ".join(policy.values()).split())
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_without_a_built_dashboard_the_page_says_how_to_get_one(tmp_path: Path):
    answer = client_for(tmp_path / "nothing").get("/jobs", headers=HTML)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "dashboard_not_built")
    assert "make dashboard" in answer.json()["error"]["message"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", ""])
def test_a_program_finds_the_api_at_the_root(browser: TestClient, tmp_path: Path, accept: str):
    for client, headers in ((browser, {"accept": accept}), (client_for(tmp_path / "no"), HTML)):
        answer = client.get("/", headers=headers)
        assert (answer.status_code, answer.json()["api"]) == (200, "/v1")


def test_the_root_is_only_read(browser: TestClient):
    refused = browser.post("/", headers=HTML)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused.json()["error"]["code"] == "method_not_supported"
    assert browser.options("/").status_code == 204
