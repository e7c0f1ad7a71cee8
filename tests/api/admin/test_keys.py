"""API keys below /v1/x/: listed without what opens doors, made, revoked."""

from collections.abc import Callable

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer

Ask = Callable[..., httpx2.Response]


@pytest.fixture
def ask(server: RunningServer, key: str) -> Ask:
    def ask(method: str, path: str = "", *, with_key: str = key, **body: object):
        headers = {"authorization": f"Bearer {with_key}"}
        json = body or None
        return server.http.request(method, f"/v1/x/keys{path}", headers=headers, json=json)

    return ask


def test_a_new_key_opens_the_project_and_is_shown_only_once(
    server: RunningServer, client: OpenAI, ask: Ask
):
    file = client.files.create(file=b'{"messages": []}\n', purpose="fine-tune")
    made = ask("POST", name="notebook").json()
    assert made["object"] == "x.api_key"
    assert [file.id] == [f.id for f in server.client(made["key"]).files.list()]
    listed = ask("GET")
    # Two keys of one second have no order.
    assert {key["name"] for key in listed.json()["data"]} == {"test", "notebook"}
    assert made["key"] not in listed.text


def test_a_listed_key_shows_its_ends_and_whether_it_is_the_one_in_use(ask: Ask, key: str):
    (listed,) = ask("GET").json()["data"]
    assert (listed["hint"], listed["is_current"]) == (f"{key[:5]}***{key[-2:]}", True)


def test_a_revoked_key_opens_nothing(ask: Ask):
    made = ask("POST", name="short-lived").json()
    assert ask("DELETE", f"/{made['id']}").json()["deleted"] is True
    refused = ask("GET", with_key=made["key"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_the_key_in_use_cannot_revoke_itself(ask: Ask):
    (listed,) = ask("GET").json()["data"]
    refused = ask("DELETE", f"/{listed['id']}")
    assert refused.status_code == 400
    assert "locks themselves out" in refused.json()["error"]["message"]
    assert ask("GET").status_code == 200


def test_keys_of_another_project_are_neither_seen_nor_revoked(server: RunningServer, ask: Ask):
    _, foreign = server.new_project("other")
    (hidden,) = ask("GET", with_key=foreign).json()["data"]
    assert ask("DELETE", f"/{hidden['id']}").status_code == 404
    assert hidden["id"] not in ask("GET").text
    assert ask("GET", with_key=foreign).status_code == 200


@pytest.mark.parametrize("name", ["", "x" * 101, "nul\0"])
def test_a_name_that_cannot_be_kept_is_refused(ask: Ask, name: str):
    assert ask("POST", name=name).json()["error"]["param"] == "name"
