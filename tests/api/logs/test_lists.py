"""Stored answers of both APIs, listed by date as the logs of the dashboard list them."""

from typing import Any

import httpx2
import pytest
from openai import OpenAI
from sqlalchemy import select

from tests.api.harness import BASE, RunningServer
from understudy.storage.tables.answers import CompletionRow, ResponseRow

NOON = 1_700_000_000
HOUR = 3600


@pytest.fixture(params=["chat/completions", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def stored(server: RunningServer, client: OpenAI, api: str) -> list[str]:
    """Four answers, an hour between each and the next, oldest first."""
    server.engine.says("a", "b", "c", "d")
    ids = [answer(client, api, task="odd" if number % 2 else "even") for number in range(4)]
    row = CompletionRow if api == "chat/completions" else ResponseRow
    with server.services.database.write() as session:
        for number, id in enumerate(ids):
            session.scalars(select(row).where(row.id == id)).one().created_at = NOON + number * HOUR
    return ids


def answer(client: OpenAI, api: str, **metadata: str) -> str:
    if api == "responses":
        return client.responses.create(model=BASE, input="hello", metadata=metadata).id
    return client.chat.completions.create(
        model=BASE,
        messages=[{"role": "user", "content": "hello"}],
        store=True,
        metadata=metadata,
    ).id


@pytest.fixture
def ask(server: RunningServer, key: str, api: str):
    def ask(**query: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"}
        return server.http.get(f"/v1/x/{api}", params=query, headers=headers)

    return ask


def ids(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


def test_the_newest_stands_first_unless_asked_otherwise(stored: list[str], ask):
    assert ids(ask()) == stored[::-1]
    assert ids(ask(order="asc")) == stored


def test_dates_leave_out_their_own_second(stored: list[str], ask):
    assert ids(ask(created_after=NOON, created_before=NOON + 3 * HOUR)) == [stored[2], stored[1]]
    assert ids(ask(created_after=NOON - 1)) == stored[::-1]
    assert ids(ask(created_before=NOON)) == []


def test_pages_of_a_span_of_time_follow_each_other(stored: list[str], ask):
    first = ask(created_before=NOON + 3 * HOUR, limit=2)
    assert (ids(first), first.json()["has_more"]) == ([stored[2], stored[1]], True)
    second = ask(created_before=NOON + 3 * HOUR, limit=2, after=first.json()["last_id"])
    assert (ids(second), second.json()["has_more"]) == ([stored[0]], False)


def test_conditions_hold_together(stored: list[str], ask):
    odd = {"metadata[task]": "odd"}
    assert ids(ask(**odd)) == [stored[3], stored[1]]
    assert ids(ask(created_before=NOON + 3 * HOUR, model=BASE, **odd)) == [stored[1]]
    assert ids(ask(model="another")) == []


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "1.5"}, "created_before"),
        ({"limit": "101"}, "limit"),
        ({"order": "up"}, "order"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask, query: dict[str, str], param: str):
    refused = ask(**query)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


def test_nobody_sees_the_answers_of_another_project(
    server: RunningServer, stored: list[str], api: str
):
    headers = {"authorization": f"Bearer {server.new_project()[1]}"}
    assert ids(server.http.get(f"/v1/x/{api}", headers=headers)) == []


def test_a_text_is_found_in_questions_and_answers_in_either_case(
    server: RunningServer, client: OpenAI, api: str
):
    server.engine.says('Grüße from 100% "quoted"', "else")
    first, second = answer(client, api), answer(client, api)

    def found(q: str) -> list[str]:
        listed: Any = client.get(f"/x/{api}", cast_to=object, options={"params": {"q": q}})
        return [each["id"] for each in listed["data"]]

    assert found("GR") == found("grüße") == found('100% "quo') == [first]
    assert found("hello") == [second, first]
    assert found("ELSE") == [second]
    # Neither the names of fields nor wildcards are what somebody said.
    assert found("assistant") == found("1_0%") == found("role") == []


def test_the_log_of_a_completion_says_what_was_asked_and_how_long_it_took(
    server: RunningServer, client: OpenAI
):
    server.engine.says("hi")
    answer(client, "chat/completions")
    listed: Any = client.get("/x/chat/completions", cast_to=object)
    (logged,) = listed["data"]
    assert logged["question"] == "hello"
    assert 0 <= logged["seconds"] < 60
