"""Input files of batches, and how their batches end."""

import json
from collections.abc import Iterable
from typing import Any

from openai import OpenAI
from openai.types import Batch

from tests.api.harness import ALIAS, wait_until

CHAT = "/v1/chat/completions"
ENDED = {"completed", "failed", "expired", "cancelled"}


def chat_body(text: str = "Hi", **more: Any) -> dict[str, Any]:
    return {"model": ALIAS, "messages": [{"role": "user", "content": text}], **more}


def line(custom_id: str, body: dict[str, Any], url: str = CHAT, **more: Any) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body, **more}


def jsonl(lines: Iterable[Any]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in lines).encode()


def begin(client: OpenAI, content: bytes, endpoint: str = CHAT, **more: Any) -> Batch:
    file = client.files.create(file=("input.jsonl", content), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more
    )


def finished(client: OpenAI, batch: Batch, timeout_seconds: float = 20.0) -> Batch:
    found = batch

    def has_ended() -> bool:
        nonlocal found
        found = client.batches.retrieve(batch.id)
        return found.status in ENDED

    wait_until(has_ended, timeout_seconds)
    return found


def rows(client: OpenAI, file_id: str | None) -> dict[str, dict[str, Any]]:
    """The rows of an output or error file by their custom ids; none of a file that is not there."""
    if file_id is None:
        return {}
    content = client.files.content(file_id).text
    found = [json.loads(each) for each in content.splitlines()]
    assert len({row["custom_id"] for row in found}) == len(found)
    return {row["custom_id"]: row for row in found}
