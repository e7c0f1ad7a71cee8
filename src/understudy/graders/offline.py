"""Graders that need neither a model nor a sandbox, used outside of a server, as promptfoo does."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from pydantic import TypeAdapter

from understudy.errors import InvalidRequestError
from understudy.graders.base import grade
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.python_code import Code, CodeResult
from understudy.graders.sample import Sample
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader
from understudy.wording import worded

_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)
_TYPES = frozenset({"string_check", "text_similarity", "multi"})


def is_offline(grader: Mapping[str, Any]) -> bool:
    """Say whether `grade_offline` can use a grader, as it is on the wire."""
    return all(
        part.get("type") in _TYPES and part.get("evaluation_metric") != "cosine"
        for part in _parts(grader)
    )


def grade_offline(
    grader: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> dict[str, Any]:
    """Grade a sample and return `pass`, `score` and `reason`.

    Raises InvalidRequestError for a grader that asks a model or runs code.
    """
    return asyncio.run(_grade(grader, sample, item))


async def _grade(
    grader: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> dict[str, Any]:
    wire = _GRADER.validate_python({k: v for k, v in grader.items() if k != "id"})
    nobody = _Nobody()
    context = GraderContext(owner="", judge=nobody, sandbox=nobody, embedder=nobody)
    found = await grade(
        await build_grader(wire, context, param="grader"), Sample(given=sample), item
    )
    reason = found.problem or f"score {found.score:g}"
    return {
        "pass": found.has_passed and not found.is_errored,
        "score": found.score,
        "reason": reason,
    }


def _parts(grader: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield grader
    if grader.get("type") == "multi":
        yield from grader["graders"].values()


class _Nobody:
    """Judges nothing and runs nothing."""

    async def check(self, *_: object, **__: object) -> None:
        self._refuse()

    async def ask(self, *_: object, **__: object) -> NoReturn:
        self._refuse()

    async def grade(self, code: Code, sample: object, item: object) -> CodeResult:
        self._refuse()

    async def embed(self, *_: object, **__: object) -> NoReturn:
        self._refuse()

    async def close(self) -> None:
        pass

    def _refuse(self) -> NoReturn:
        raise InvalidRequestError(
            worded(
                "graders.grader_needs_server_asks",
                "This grader needs a server: it asks a model or runs code.",
            )
        )
