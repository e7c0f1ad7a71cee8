"""One way to ask a model from inside: a plan goes in, an answer comes out."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass

from understudy.answering.answer import Answer, AnswerDraft, whole_answer
from understudy.answering.completions.generation import generate_text
from understudy.answering.completions.plan import plan_text
from understudy.answering.completions.writer import TextDraft, whole_text
from understudy.answering.generation import Pieces, generate
from understudy.answering.models import AnsweringModel, ServedModel, ServedModels
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import AnyPrompt, make_any_prompt
from understudy.errors import OverloadedError, RemoteBusyError, UnavailableError
from understudy.ids import new_request_id
from understudy.inference.client import EngineClient
from understudy.schemas.completions import CreateCompletion

_AWAY = (OverloadedError, UnavailableError)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for an engine or a remote model that is busy or away."""

    seconds: float
    """0 does not wait at all."""
    first_pause_seconds: float = 0.1
    max_pause_seconds: float = 5.0
    """Pauses between attempts double up to this."""


async def ask(
    engine: EngineClient, model: AnsweringModel, plan: AnswerPlan, patience: Patience
) -> Answer:
    """Return the answer to a plan; one that breaks off is made anew.

    Raises an UnderstudyError when there can be no answer, or none within the patience.
    """
    prompt = await asyncio.to_thread(make_any_prompt, plan, model)
    attempts = Attempts(patience)
    while True:
        try:
            pieces = generate(engine, plan, prompt, new_request_id())
            return await whole_answer(AnswerDraft(plan, prompt), pieces)
        except _AWAY as error:
            await attempts.wait_after(error)


async def generate_patiently(
    engine: EngineClient, plan: AnswerPlan, prompt: AnyPrompt, request_id: str, patience: Patience
) -> Pieces:
    """Yield what `generate` yields, but wait for the engine as long as nothing was yielded."""
    attempts = Attempts(patience)
    has_begun = False
    while True:
        try:
            async with aclosing(generate(engine, plan, prompt, request_id)) as pieces:
                async for piece in pieces:
                    has_begun = True
                    yield piece
            return
        except _AWAY as error:
            if has_begun:
                raise
            await attempts.wait_after(error)


class Attempts:
    """The attempts to get an answer within one patience."""

    def __init__(self, patience: Patience) -> None:
        self._ends_at = time.monotonic() + patience.seconds
        self._pause_seconds = patience.first_pause_seconds
        self._max_pause_seconds = patience.max_pause_seconds

    async def wait_after(self, error: OverloadedError | UnavailableError) -> None:
        """Pause before the next attempt; raises `error` when there is to be none."""
        # A remote server says how long it wants to be left alone; the engine is free any moment.
        asked = error.retry_after_seconds if isinstance(error, RemoteBusyError) else 0.0
        pause = max(self._pause_seconds, asked)
        if time.monotonic() + asked >= self._ends_at:
            raise error
        await asyncio.sleep(pause)
        self._pause_seconds = min(2 * self._pause_seconds, self._max_pause_seconds)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks the models of the platform by name, always with the same patience."""

    engine: EngineClient
    served: ServedModels
    patience: Patience

    async def find(self, project_id: str, name: str) -> AnsweringModel:
        """Return the model of that name; raises what `ServedModels.find` raises."""
        return await asyncio.to_thread(self._find, project_id, name)

    def _find(self, project_id: str, name: str) -> AnsweringModel:
        model = self.served.find(project_id, name)
        self.served.note_use(project_id, model)
        return model

    async def ask(self, model: AnsweringModel, plan: AnswerPlan) -> Answer:
        """Return the answer to a plan; raises what `ask` raises."""
        return await ask(self.engine, model, plan, self.patience)

    async def complete(
        self, model: AnsweringModel, prompt: str, *, like: str, max_tokens: int
    ) -> str:
        """Return the likeliest text after a prompt, with as many tokens as `like` has.

        Nothing else says where a text ends that is no answer in a conversation. Raises what `ask`
        raises.
        """
        assert isinstance(model, ServedModel), "only models of this server continue texts"
        wanted = await asyncio.to_thread(model.renderer.vocabulary.continued, like)
        request = CreateCompletion(
            prompt=prompt, temperature=0.0, max_tokens=min(len(wanted), max_tokens)
        )
        plan = await asyncio.to_thread(plan_text, request, model)
        attempts = Attempts(self.patience)
        while True:
            try:
                pieces = generate_text(self.engine, plan, new_request_id())
                return (await whole_text(TextDraft(plan), pieces)).choices[0].text
            except _AWAY as error:
                await attempts.wait_after(error)
