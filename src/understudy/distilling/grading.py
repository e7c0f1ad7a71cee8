"""Scores of stored answers, by the grader that says which are good enough."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from understudy.distilling.captured import Captured
from understudy.distilling.choosing import Candidate
from understudy.graders.base import Grader, grade
from understudy.graders.sample import Sample, sample_of_answer

_AT_ONCE = 16


async def scored(grader: Grader, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with their scores, or the reason why one has none."""
    todo = iter(enumerate(candidates))
    found: dict[int, Candidate] = {}

    async def grade_some() -> None:
        # All share one iterator: whoever is free takes the next one.
        for number, candidate in todo:
            captured = candidate.captured
            given = await grade(grader, sample_of(captured), item_of(captured))
            found[number] = replace(
                candidate,
                score=None if given.is_errored else given.score,
                problem=given.problem,
            )

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(grade_some())
    return [found[number] for number in range(len(candidates))]


def sample_of(captured: Captured) -> Sample:
    """Return a stored answer as graders see it."""
    given = sample_of_answer(captured.text, captured.calls).given
    usage = {
        "prompt_tokens": captured.prompt_tokens,
        "completion_tokens": captured.completion_tokens,
        "total_tokens": captured.prompt_tokens + captured.completion_tokens,
        "cached_tokens": 0,
    }
    return Sample(
        given={
            **given,
            "model": captured.model,
            "input": list(captured.prompt),
            "finish_reason": captured.finish_reason,
            "usage": usage,
        }
    )


def item_of(captured: Captured) -> dict[str, Any]:
    """Return what graders and questions know of a stored answer besides itself."""
    return {
        "input": list(captured.prompt),
        "tools": list(captured.tools),
        "response_format": captured.response_format,
        "metadata": dict(captured.metadata),
        "answer": captured.text,
        "calls": [
            {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}
            for call in captured.calls
        ],
    }
