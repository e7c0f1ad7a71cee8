"""What the tests of evals ask of a server, and how they wait for a run."""

import pytest
from openai import BadRequestError, OpenAI
from openai.types.evals import RunRetrieveResponse

from tests.api.harness import BASE, wait_until

ITEM_SCHEMA = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "answer": {"type": "string"},
        "level": {"type": "integer", "minimum": 1},
    },
    "required": ["question", "answer"],
}
EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
CUSTOM = {"type": "custom", "item_schema": ITEM_SCHEMA, "include_sample_schema": True}
TEMPLATE = {
    "type": "template",
    "template": [
        {"role": "developer", "content": "Answer in one word."},
        {"role": "user", "content": {"type": "input_text", "text": "{{ item.question }}"}},
    ],
}


def make_eval(client: OpenAI, **changes: object):
    usual = {"name": "capitals", "data_source_config": CUSTOM, "testing_criteria": [EXACT]}
    return client.evals.create(**(usual | changes))  # type: ignore[arg-type]


def row(question: str, answer: str, said: str | None = None) -> dict[str, object]:
    made: dict[str, object] = {"item": {"question": question, "answer": answer}}
    return made if said is None else {**made, "sample": {"output_text": said}}


def inline(*rows: dict[str, object]) -> dict[str, object]:
    return {"type": "file_content", "content": list(rows)}


def jsonl(*rows: dict[str, object]) -> dict[str, object]:
    return {"type": "jsonl", "source": inline(*rows)}


def completions(*rows: dict[str, object], **changes: object) -> dict[str, object]:
    usual = {
        "type": "completions",
        "model": BASE,
        "input_messages": TEMPLATE,
        "source": inline(*rows),
    }
    return usual | changes


def finished(client: OpenAI, run: object) -> RunRetrieveResponse:
    def now() -> RunRetrieveResponse:
        return client.evals.runs.retrieve(run.id, eval_id=run.eval_id)  # type: ignore[attr-defined]

    wait_until(lambda: now().status not in ("queued", "in_progress"))
    return now()


def run_to_end(client: OpenAI, eval_id: str, source: object) -> RunRetrieveResponse:
    return finished(client, client.evals.runs.create(eval_id, data_source=source))  # type: ignore[arg-type]


def items_of(client: OpenAI, run: RunRetrieveResponse):
    return list(client.evals.runs.output_items.list(run.id, eval_id=run.eval_id))


def refusal(client: OpenAI, **changes: object) -> BadRequestError:
    with pytest.raises(BadRequestError) as refused:
        make_eval(client, **changes)
    return refused.value


def run_refusal(client: OpenAI, source: object, eval_id: str | None = None) -> BadRequestError:
    with pytest.raises(BadRequestError) as refused:
        client.evals.runs.create(eval_id or make_eval(client).id, data_source=source)  # type: ignore[arg-type]
    return refused.value


# Evals
