"""Asks one line of a batch, with patience where the server is busy, and writes its answer down."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from starlette.types import ASGIApp

from understudy.ids import hex_id
from understudy.server.batches.lines import BatchLine
from understudy.server.batches.record import LineAnswer, LineUsage
from understudy.server.http.inside import OwnAnswer, post_inside
from understudy.server.services import InsideCall

_AWAY = frozenset({429, 502, 503, 504})
_BROKEN = 500


@dataclass(frozen=True, kw_only=True)
class LinePatience:
    """How long one line waits for a server that is busy, away or broken."""

    away_seconds: float = 600.0
    """An engine that does not come back for so long ends the line with its error."""
    broken_tries: int = 3
    """How often a request is asked that the server fails at in a way nobody foresaw."""
    first_pause_seconds: float = 0.5
    max_pause_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class LineAsker:
    """Asks the lines of one batch: each is a request to this server itself."""

    app: ASGIApp
    call: InsideCall
    batch_id: str
    endpoint: str
    patience: LinePatience
    turns: asyncio.Semaphore
    """Shared by all batches: how many lines are asked at the same time."""

    async def ask(self, line: BatchLine) -> LineAnswer:
        """Return the answer to a line, whatever it is."""
        ends_at = time.monotonic() + self.patience.away_seconds
        pause, broken = self.patience.first_pause_seconds, 0
        while True:
            async with self.turns:
                answer = await self._post(line)
            broken += answer.status == _BROKEN
            if not _may_heal(answer) or broken >= self.patience.broken_tries:
                break
            pause_now = max(pause, _retry_after_seconds(answer))
            if time.monotonic() + pause_now > ends_at:
                break
            await asyncio.sleep(pause_now)
            pause = min(2 * pause, self.patience.max_pause_seconds)
        return _written(line, answer)

    async def _post(self, line: BatchLine) -> OwnAnswer:
        # What a killed process stored of the line is found instead of being made a second time.
        headers = {"idempotency-key": f"{self.batch_id}-{line.number}"}
        return await post_inside(self.app, self.call, self.endpoint, line.content, headers)


def unasked(line: BatchLine, code: str, message: str) -> str:
    """Return what the file of errors says of a line that was not asked."""
    return _row(line, None, {"code": code, "message": message})


def _written(line: BatchLine, answer: OwnAnswer) -> LineAnswer:
    body: Any = json.loads(answer.body)
    response = {"status_code": answer.status, "request_id": answer.request_id, "body": body}
    return LineAnswer(
        number=line.number,
        is_error=answer.status != 200,
        line=_row(line, response, None),
        usage=_usage(body),
    )


def _row(
    line: BatchLine, response: Mapping[str, Any] | None, error: Mapping[str, Any] | None
) -> str:
    row = {
        "id": hex_id("batch_req_"),
        "custom_id": line.custom_id,
        "response": response,
        "error": error,
    }
    return json.dumps(row, ensure_ascii=False)


def _may_heal(answer: OwnAnswer) -> bool:
    is_hopeless = answer.headers.get("x-should-retry") == "false"
    return not is_hopeless and (answer.status in _AWAY or answer.status == _BROKEN)


def _retry_after_seconds(answer: OwnAnswer) -> float:
    with suppress(ValueError):
        return float(answer.headers.get("retry-after-ms", "0")) / 1000
    return 0.0


def _usage(body: object) -> LineUsage:
    """Read what an answer cost, in the words of whichever API it is of."""
    usage = _inner(body, "usage")
    read, written = _inner(usage, "input_tokens_details"), _inner(usage, "output_tokens_details")
    read = read or _inner(usage, "prompt_tokens_details")
    written = written or _inner(usage, "completion_tokens_details")
    return LineUsage(
        input_tokens=_number(usage, "input_tokens") or _number(usage, "prompt_tokens"),
        cached_tokens=_number(read, "cached_tokens"),
        output_tokens=_number(usage, "output_tokens") or _number(usage, "completion_tokens"),
        reasoning_tokens=_number(written, "reasoning_tokens"),
    )


def _inner(value: object, name: str) -> Mapping[str, Any]:
    found = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    return found if isinstance(found, int) else 0
