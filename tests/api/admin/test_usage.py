"""What a project used, by day, key and model."""

from datetime import UTC, datetime
from typing import Any

from openai import OpenAI

from tests.api.harness import ALIAS, RunningServer, wait_until

LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
HI: Any = [{"role": "user", "content": "hi"}]


def usage(server: RunningServer, key: str, **query: str) -> Any:
    headers = {"authorization": f"Bearer {key}"}
    return server.http.get("/v1/x/usage", params=query, headers=headers).json()


def today() -> str:
    return datetime.now(tz=UTC).date().isoformat()


def test_answers_are_counted_by_key_and_model_whole_and_streamed(
    server: RunningServer, key: str, client: OpenAI
):
    server.engine.says("one two", "one two", "one two", "one", "one")
    answer = client.chat.completions.create(model=ALIAS, messages=HI)
    assert answer.usage is not None
    for _ in client.chat.completions.create(model=ALIAS, messages=HI, stream=True):
        pass
    response = client.responses.create(model=ALIAS, input="hi", store=False)
    text = client.completions.create(model=ALIAS, prompt=["a", "b"])
    assert response.usage is not None
    assert text.usage is not None
    wait_until(lambda: sum(one["requests"] for one in usage(server, key)["answers"]) == 4)
    (one,) = usage(server, key)["answers"]
    assert (one["date"], one["source"], one["model"]) == (today(), "api", answer.model)
    headers = {"authorization": f"Bearer {key}"}
    (made,) = server.http.get("/v1/x/keys", headers=headers).json()["data"]
    assert (one["api_key_id"], one["api_key_name"]) == (made["id"], made["name"])
    read = 2 * answer.usage.prompt_tokens + response.usage.input_tokens + text.usage.prompt_tokens
    said = (
        2 * answer.usage.completion_tokens
        + response.usage.output_tokens
        + text.usage.completion_tokens
    )
    assert (one["prompt_tokens"], one["completion_tokens"]) == (read, said)
    assert usage(server, key, end_date="2020-01-01")["answers"] == []


def test_jobs_that_ended_are_counted_by_the_key_that_created_them(
    server: RunningServer, key: str, client: OpenAI
):
    file = client.files.create(file=LINE * 10, purpose="fine-tune").id
    job = client.fine_tuning.jobs.create(model=ALIAS, training_file=file)
    assert usage(server, key)["training"] == []
    client.fine_tuning.jobs.cancel(job.id)
    (one,) = usage(server, key)["training"]
    assert (one["date"], one["model"], one["api_key_name"]) == (today(), job.model, "test")
    assert (one["jobs"], one["succeeded"], one["trained_tokens"]) == (1, 0, 0)


def test_a_range_without_days_or_of_too_many_is_refused(server: RunningServer, key: str):
    backwards = usage(server, key, start_date="2026-02-01", end_date="2026-01-01")["error"]
    assert "later than end_date" in backwards["message"]
    endless = usage(server, key, start_date="2020-01-01", end_date="2026-01-01")["error"]
    assert endless["param"] == "start_date"
    assert "366 days at most" in endless["message"]
    assert usage(server, key, start_date="soon")["error"]["param"] == "start_date"


def test_a_day_before_anything_was_counted_is_refused(server: RunningServer, key: str):
    # The first day that there is: no other lies thirty days before it.
    for name in ("start_date", "end_date"):
        refusal = usage(server, key, **{name: "0001-01-01"})["error"]
        assert refusal["param"] == name
        assert "1970-01-01 or later" in refusal["message"]
