"""Follows the events of a job, each once and in order."""

import time
from collections.abc import Iterator

from openai import OpenAI
from openai.types.fine_tuning import FineTuningJobEvent

FINAL_STATUSES = frozenset({"succeeded", "failed", "cancelled"})

_PAGE = 100


def follow_events(
    client: OpenAI, job_id: str, *, poll_seconds: float = 0.5
) -> Iterator[FineTuningJobEvent]:
    """Yield every event of a job from the first, until the job has ended."""
    seen: set[str] = set()
    while True:
        # The status first: events written after it are seen in this round or the next.
        status = client.fine_tuning.jobs.retrieve(job_id).status
        fresh: list[FineTuningJobEvent] = []
        for event in client.fine_tuning.jobs.list_events(job_id, limit=_PAGE):
            if event.id in seen:
                break
            fresh.append(event)
        seen.update(event.id for event in fresh)
        yield from reversed(fresh)
        if status in FINAL_STATUSES:
            return
        time.sleep(poll_seconds)
