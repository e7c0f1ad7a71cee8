"""Makes the report card of a job over pairs: sampled answers to held-out prompts, judged."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from understudy.answering.answer import Answer
from understudy.answering.asking import Asker
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import AnswerPlan
from understudy.chat.answer_shape import ToolChoice, ToolUse
from understudy.chat.messages import Role
from understudy.data.examples import ChatExample, PreferenceExample
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_file
from understudy.data.report.texts import prompt_key
from understudy.errors import UnderstudyError
from understudy.evals.report_cards.content import Said, said, written
from understudy.evals.report_cards.preference import (
    JudgedAnswer,
    PreferenceCard,
    PreferenceTrial,
    closeness,
)
from understudy.graders.base import Grader, grade
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.sample import sample_of_answer
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader
from understudy.storage.tables.jobs import JobRow

_AT_ONCE = 16
_SEEDS = 2**31
_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)


@dataclass(frozen=True, kw_only=True)
class Ungraded:
    """A pair with an answer that the grader could not grade."""

    problem: str


@dataclass(frozen=True, kw_only=True)
class _Trying:
    """What all pairs of one card share."""

    asker: Asker
    models: Sequence[AnsweringModel]
    grader: Grader | None
    max_tokens: int
    seed: int
    turns: asyncio.Semaphore


def read_pairs(path: Path) -> tuple[PreferenceExample, ...]:
    """Return the pairs of a validation file that was checked before."""
    with path.open("rb") as lines:
        found = parse_file(lines, Method.DPO).examples
    return tuple(example for example in found if isinstance(example, PreferenceExample))


async def preference_card(
    job: JobRow,
    held_out: int,
    chosen: Sequence[PreferenceExample],
    metrics: Mapping[str, float],
    *,
    asker: Asker,
    wire_grader: Mapping[str, Any] | None,
    graders: GraderContext,
    max_tokens: int,
) -> PreferenceCard:
    """Let both models answer the chosen prompts and judge what they say.

    Answers are drawn at temperature 1, as the API answers by default: training on pairs moves how
    likely answers are, of which the likeliest alone shows little. Raises UnderstudyError when a
    model is gone or the grader cannot be used.
    """
    assert job.fine_tuned_model is not None, "a card is queued when the job succeeds"
    models = [await asker.find(job.project_id, name) for name in (job.model, job.fine_tuned_model)]
    grader = None
    if wire_grader is not None:
        wire = _GRADER.validate_python(dict(wire_grader))
        grader = await build_grader(wire, graders, param="grader")
    trying = _Trying(
        asker=asker,
        models=models,
        grader=grader,
        max_tokens=max_tokens,
        seed=job.seed,
        turns=asyncio.Semaphore(_AT_ONCE),
    )
    tried = await asyncio.gather(*(_try(trying, example) for example in chosen))
    trials = tuple(trial for trial in tried if isinstance(trial, PreferenceTrial))
    ungraded = sum(isinstance(trial, Ungraded) for trial in tried)
    return PreferenceCard(
        base_model=job.model,
        tuned_model=job.fine_tuned_model,
        held_out=held_out,
        unanswered=len(chosen) - len(trials) - ungraded,
        ungraded=ungraded,
        judged_by=None if grader is None else grader.name,
        metrics=metrics,
        trials=trials,
    )


async def _try(trying: _Trying, example: PreferenceExample) -> PreferenceTrial | Ungraded | None:
    """Return what became of a pair; None when one of the models cannot be asked."""
    plans = [_plan(model, example, trying) for model in trying.models]
    try:
        async with trying.turns:
            answers = [
                _said(await trying.asker.ask(model, plan))
                for model, plan in zip(trying.models, plans, strict=True)
            ]
            judged = [await _judged(trying.grader, answer, example) for answer in answers]
    except UnderstudyError:
        return None
    base, tuned = judged
    for found in judged:
        if isinstance(found, Ungraded):
            return found
    assert isinstance(base, JudgedAnswer)
    assert isinstance(tuned, JudgedAnswer)
    return PreferenceTrial(
        line=example.line,
        prompt=_prompt_key(example),
        question=_question(example),
        preferred=written(said(example.preferred)),
        non_preferred=written(said(example.non_preferred)),
        base=base,
        tuned=tuned,
    )


def _plan(model: AnsweringModel, example: PreferenceExample, trying: _Trying) -> AnswerPlan:
    use = ToolUse.MAY if example.tools else ToolUse.NEVER
    is_parallel = example.parallel_tool_calls is not False
    return AnswerPlan(
        model=model.name,
        messages=example.messages,
        tools=example.tools,
        tool_choice=ToolChoice(use=use, names=None, is_parallel=is_parallel),
        temperature=1.0,
        max_tokens=trying.max_tokens,
        # The same draw for both models, so that they differ by their weights alone.
        seed=(trying.seed + example.line) % _SEEDS,
    )


async def _judged(
    grader: Grader | None, answer: Said, example: PreferenceExample
) -> JudgedAnswer | Ungraded:
    text = written(answer)
    preferred, other = written(said(example.preferred)), written(said(example.non_preferred))
    if grader is None:
        # Files hold texts of any length, and this loop answers for all that the runner does.
        return await asyncio.to_thread(closeness, text, preferred=preferred, non_preferred=other)
    calls = [
        {"type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in answer.calls
    ]
    item = {
        "question": _question(example),
        "preferred": preferred,
        "non_preferred": other,
        "input": [
            {"role": message.role.value, "content": message.content} for message in example.messages
        ],
    }
    given = await grade(grader, sample_of_answer(answer.text, calls), item)
    if given.is_errored:
        return Ungraded(problem=given.problem or "")
    return JudgedAnswer(text=text, score=given.score, has_passed=given.has_passed)


def _question(example: PreferenceExample) -> str:
    asked = [m.content or "" for m in example.messages if m.role is Role.USER]
    return asked[-1] if asked else ""


def _prompt_key(example: PreferenceExample) -> bytes:
    return prompt_key(
        ChatExample(
            line=example.line,
            messages=example.messages,
            tools=example.tools,
            trained=(),
            parallel_tool_calls=None,
        )
    )


def _said(answer: Answer) -> Said:
    choice = answer.choices[0]
    calls = tuple((call.name, call.arguments) for call in choice.tool_calls)
    return Said(text=choice.text, calls=calls)
