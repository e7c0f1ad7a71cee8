"""Any chat model of the platform as a judge, asked for one project and held to a JSON schema."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from understudy.answering.generation import End, Prompt, generate, make_prompt
from understudy.answering.models import ServedModels
from understudy.answering.plan import ChatPlan, plan_chat
from understudy.chat.answer_shape import JsonSchema
from understudy.chat.parsing.deltas import TextDelta
from understudy.errors import OverloadedError, UnavailableError
from understudy.graders.build import GraderContext
from understudy.graders.judged.judge import Judgement, Question
from understudy.graders.judged.usage import TokenUsage
from understudy.graders.python_code import Sandbox
from understudy.ids import new_request_id
from understudy.inference.client import EngineClient
from understudy.schemas.chat.request import ChatMessage, CreateChatCompletion

_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class ModelJudge:
    """Asks the models that one project may use."""

    served: ServedModels
    engine: EngineClient
    project_id: str
    patience_seconds: float
    """How long to wait for an engine that is full, or starting again."""

    async def check(self, model: str) -> None:
        """Raise NotFoundError when there is no such model."""
        await asyncio.to_thread(self.served.find, self.project_id, model)

    async def ask(self, question: Question) -> Judgement:
        """Return the answer; raises an UnderstudyError when there can be none."""
        plan = _plan(question)
        prompt = await asyncio.to_thread(self._prompt, plan)
        loop = asyncio.get_running_loop()
        gives_up_at = loop.time() + self.patience_seconds
        while True:
            try:
                return await self._answer(plan, prompt)
            except (UnavailableError, OverloadedError):
                if loop.time() >= gives_up_at:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    def _prompt(self, plan: ChatPlan) -> Prompt:
        return make_prompt(plan, self.served.find(self.project_id, plan.model))

    async def _answer(self, plan: ChatPlan, prompt: Prompt) -> Judgement:
        text = ""
        end: End | None = None
        async with aclosing(generate(self.engine, plan, prompt, new_request_id())) as pieces:
            async for piece in pieces:
                if isinstance(piece, End):
                    end = piece
                elif isinstance(piece.delta, TextDelta):
                    text += piece.delta.text
        assert end is not None, "every choice has an end"
        return Judgement(
            text=text,
            refusal=None,
            is_cut_off=end.finish_reason == "length",
            model=prompt.model.name,
            usage=TokenUsage(
                prompt_tokens=len(prompt.ids), completion_tokens=len(end.ids), cached_tokens=0
            ),
        )


def grader_contexts(
    served: ServedModels, engine: EngineClient, sandbox: Sandbox, *, patience_seconds: float
) -> Callable[[str], GraderContext]:
    """Return the way from a project's id to what its graders work with."""

    def grader_context_of(project_id: str) -> GraderContext:
        judge = ModelJudge(
            served=served, engine=engine, project_id=project_id, patience_seconds=patience_seconds
        )
        return GraderContext(owner=project_id, judge=judge, sandbox=sandbox)

    return grader_context_of


def _plan(question: Question) -> ChatPlan:
    sampling = question.sampling
    request = CreateChatCompletion(
        model=question.model,
        messages=[ChatMessage(role=m.role.value, content=m.content) for m in question.messages],
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        max_completion_tokens=sampling.most_tokens,
        reasoning_effort=sampling.effort,
    )
    form = JsonSchema(name=question.schema_name, schema=question.schema, is_strict=True)
    return replace(plan_chat(request), text_form=form)
