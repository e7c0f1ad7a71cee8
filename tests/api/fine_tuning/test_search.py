"""Jobs, files and evals are searched on the server, over all pages."""

from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import ALIAS, RunningServer

LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
Ask = Callable[..., list[str]]


@pytest.fixture
def ask(server: RunningServer, key: str) -> Ask:
    def ask(path: str, **query: Any) -> list[str]:
        headers = {"authorization": f"Bearer {key}"}
        answer = server.http.get(f"/v1/x/{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["data"]]

    return ask


def test_jobs_are_found_by_suffix_metadata_and_status(client: OpenAI, ask: Ask):
    file = client.files.create(file=LINE * 10, purpose="fine-tune").id

    def create(**options: Any) -> str:
        return client.fine_tuning.jobs.create(model=ALIAS, training_file=file, **options).id

    weather = create(suffix="Weather_2")
    tagged = create(metadata={"team": "100% rain"})
    cancelled = client.fine_tuning.jobs.cancel(create(suffix="weatherX2")).id
    path = "fine_tuning/jobs"
    assert ask(path, q="weather_2") == [weather]
    assert ask(path, q="100% ") == [tagged]
    assert ask(path, q="weather") == [cancelled, weather]
    assert ask(path, q="weather", status="cancelled") == [cancelled]
    assert ask(path, q=tagged) == [tagged]
    assert ask(path, q="nothing of that") == []
    assert ask(path, limit=1, after=cancelled) == [tagged]


def test_files_are_found_by_name_and_purpose(client: OpenAI, ask: Ask):
    def upload(name: str, purpose: Any) -> str:
        return client.files.create(file=(name, LINE), purpose=purpose).id

    first = upload("Kälte_wetter.jsonl", "fine-tune")
    second = upload("wetter.jsonl", "evals")
    assert ask("files", q="wetter") == [second, first]
    assert ask("files", q="WETTER", purpose="fine-tune") == [first]
    assert ask("files", q="%") == []
    assert ask("files", q=second) == [second]


def test_evals_are_found_by_name_and_id(client: OpenAI, ask: Ask):
    def create(name: str) -> str:
        return client.evals.create(
            name=name,
            data_source_config={"type": "custom", "item_schema": {"type": "object"}},
            testing_criteria=[
                {
                    "type": "string_check",
                    "name": "same",
                    "input": "{{ item.a }}",
                    "reference": "b",
                    "operation": "eq",
                }
            ],
        ).id

    first, second = create("Weather_calls"), create("Prices of weather")
    assert ask("evals", q="weather") == [second, first]
    assert ask("evals", q="weather_") == [first]
    assert ask("evals", q=second) == [second]
    assert ask("evals", limit=1, after=second) == [first]
