"""Asks an old model through the Batch API of its account, which costs half and may take a day."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal, cast

from openai import OpenAI

from understudy.cli.cloning.prompts import Prompt
from understudy.cli.console import out
from understudy.cli.importing.account import Account, plain_errors
from understudy.errors import InvalidRequestError

_MARK = "clone_of"
_DIGEST = "clone_prompts"
_ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_PREFIX = "prompt-"
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_FIRST_PAUSE_SECONDS = 2.0
_MAX_PAUSE_SECONDS = 60.0


def ask_in_batch(account: Account, old: str, prompts: Collection[Prompt]) -> list[dict[str, Any]]:
    """Return the calls that the account answered, as lines of a log; waits until the batch ends.

    A batch with the same prompts that was begun before is waited for, and not paid for again.
    Raises AccountError, and InvalidRequestError for a batch that ended without answers.
    """
    # The same prompts are the same batch, in whichever order they were found.
    ordered = sorted(prompts, key=lambda each: json.dumps(each.question, sort_keys=True))
    lines = [_line(number, old, each) for number, each in enumerate(ordered)]
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    digest = sha256(content).hexdigest()
    batch = _begun(account, old, digest) or _begin(account.client, old, content, digest)
    out.print(f"Batch {batch['id']} at the account: run the command again to wait for it again.")
    batch = _wait(account, batch)
    return list(_answered(account, batch, lines))


def _line(number: int, old: str, prompt: Prompt) -> dict[str, Any]:
    body = {"model": old, **prompt.question, "temperature": 0}
    return {
        "custom_id": f"{_PREFIX}{number}",
        "method": "POST",
        "url": _ENDPOINT,
        "body": body,
    }


def _begun(account: Account, old: str, digest: str) -> Mapping[str, Any] | None:
    """Return a batch of these prompts that has an answer, or may still get one."""
    for found in account.pages("/batches"):
        marks = found.get("metadata") or {}
        is_same = marks.get(_MARK) == old and marks.get(_DIGEST) == digest
        if is_same and found["status"] not in ("failed", "expired", "cancelled", "cancelling"):
            return found
    return None


def _begin(client: OpenAI, old: str, content: bytes, digest: str) -> Mapping[str, Any]:
    with plain_errors("/batches"):
        file = client.files.create(file=("clone.jsonl", content), purpose="batch")
        made = client.batches.create(
            input_file_id=file.id,
            endpoint=_ENDPOINT,
            completion_window="24h",
            metadata={_MARK: old, _DIGEST: digest},
        )
        return cast("Mapping[str, Any]", made.to_dict())


def _wait(account: Account, batch: Mapping[str, Any]) -> Mapping[str, Any]:
    pause = _FIRST_PAUSE_SECONDS
    said = ""
    while batch["status"] not in _ENDED:
        counts = batch.get("request_counts") or {}
        now = f"{batch['status']}: {counts.get('completed', 0)} of {counts.get('total', 0)}"
        if now != said:
            out.print(now)
            said = now
        time.sleep(pause)
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)
        batch = account.get(f"/batches/{batch['id']}")
    # One that expired has the answers that were given in time, and they are paid for.
    if not batch.get("output_file_id"):
        reasons = (batch.get("errors") or {}).get("data") or [{}]
        why = reasons[0].get("message") or "nothing was answered"
        raise InvalidRequestError(f"Batch {batch['id']} is {batch['status']}: {why}")
    return batch


def _answered(
    account: Account, batch: Mapping[str, Any], lines: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    with plain_errors(f"/files/{batch['output_file_id']}/content"):
        content = account.client.files.content(batch["output_file_id"]).content
    asked = {line["custom_id"]: line["body"] for line in lines}
    for text in content.splitlines():
        if not text.strip():
            continue
        answer = json.loads(text)
        response = answer.get("response") or {}
        if response.get("status_code") == 200 and answer["custom_id"] in asked:
            yield {"request": asked[answer["custom_id"]], "response": response["body"]}
