"""Asks models on behalf of work in the background, through the same plans as the API."""

import asyncio
from dataclasses import dataclass

from understudy.answering.chat.writer import AnswerDraft, whole_answer
from understudy.answering.generation import Prompt, generate, make_prompt
from understudy.answering.models import ServedModel, ServedModels
from understudy.answering.plan import ChatPlan, plan_chat
from understudy.errors import OverloadedError, UnavailableError
from understudy.ids import new_request_id
from understudy.inference.client import EngineClient
from understudy.schemas.chat.answer import ChatCompletion
from understudy.schemas.chat.request import CreateChatCompletion

# The engine is restarted within seconds when it dies; this long means that it does not come back.
_PATIENCE_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question with what became of it."""

    plan: ChatPlan
    prompt: Prompt
    completion: ChatCompletion


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Waits for the engine where the API would send the client away."""

    engine: EngineClient
    served: ServedModels

    async def find(self, project_id: str, name: str) -> ServedModel:
        """Return the model of that name; raises what `ServedModels.find` raises."""
        return await asyncio.to_thread(self.served.find, project_id, name)

    async def ask(self, model: ServedModel, request: CreateChatCompletion) -> Answered:
        """Return the answer to a chat request; raises an UnderstudyError when there can be none."""
        return await self.answer(model, plan_chat(request))

    async def answer(self, model: ServedModel, plan: ChatPlan) -> Answered:
        """Return the answer to a request that is decided; raises an UnderstudyError."""
        prompt = await asyncio.to_thread(make_prompt, plan, model)
        loop = asyncio.get_running_loop()
        gives_up_at = loop.time() + _PATIENCE_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                pieces = generate(self.engine, plan, prompt, new_request_id())
                completion = await whole_answer(AnswerDraft(prompt, plan), pieces)
                return Answered(plan=plan, prompt=prompt, completion=completion)
            except (UnavailableError, OverloadedError):
                if loop.time() > gives_up_at:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
