"""The events that webhooks carry, as they stand on the wire."""

import json
from typing import Final

from understudy.ids import base62, hex_id

_OBJECTS: Final = {
    "fine_tuning.job.succeeded": "ftjob-",
    "fine_tuning.job.failed": "ftjob-",
    "fine_tuning.job.cancelled": "ftjob-",
    "eval.run.succeeded": "evalrun_",
    "eval.run.failed": "evalrun_",
    "eval.run.canceled": "evalrun_",
    "batch.completed": "batch_",
    "batch.failed": "batch_",
    "batch.expired": "batch_",
    "batch.cancelled": "batch_",
    "response.completed": "resp_",
    "response.failed": "resp_",
    "response.cancelled": "resp_",
    "response.incomplete": "resp_",
}

EVENT_TYPES: Final = tuple(_OBJECTS)
"""What can happen on this server, in OpenAI's words: an eval's run is canceled with one l."""


def payload(*, event_id: str, type: str, created_at: int, object_id: str) -> bytes:
    """Return the body of a webhook; the same event always gives the same bytes."""
    event = {
        "id": event_id,
        "object": "event",
        "created_at": created_at,
        "type": type,
        "data": {"id": object_id},
    }
    return json.dumps(event, separators=(",", ":")).encode()


def sample_object_id(type: str) -> str:
    """Return an id such as an event of this type would carry; nothing has it."""
    prefix = _OBJECTS[type]
    return prefix + base62(24) if prefix == "ftjob-" else hex_id(prefix)
