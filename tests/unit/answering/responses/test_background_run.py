"""A background response that ends while its earlier events are still being written."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tests import tiny
from understudy.answering.models import ServedModel
from understudy.answering.prompt import make_prompt
from understudy.answering.responses.background_run import BackgroundRun
from understudy.answering.responses.object import new_response
from understudy.answering.responses.plan import plan_response
from understudy.answering.responses.writer import ResponseWriter
from understudy.inference.protocol import (
    Event,
    FinishEvent,
    GenerateRequest,
    ModelRef,
    StartEvent,
    TokenEvent,
)
from understudy.schemas.responses.items import InputText, MessageItem
from understudy.schemas.responses.request import CreateResponse

ITEMS = (MessageItem(id="msg_1", status="completed", role="user", content=[InputText(text="hi")]),)


class SlowEngine:
    """Ends its answer only while a write is under way."""

    def __init__(self, ids: list[int]) -> None:
        self._ids = ids
        self.is_writing = threading.Event()
        self.has_ended = threading.Event()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Event, None]:
        yield StartEvent(cached_tokens=0)
        for token in self._ids:
            yield TokenEvent(token, -0.5)
        while not self.is_writing.is_set():
            await asyncio.sleep(0.01)
        try:
            yield FinishEvent(reason="stop", prompt_tokens=1, completion_tokens=len(self._ids))
        finally:
            self.has_ended.set()


def test_events_that_come_during_a_write_are_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    renderer = tiny.renderer(tmp_path / "base")
    ids = Tokenizer.from_file(str(tmp_path / "base" / "tokenizer.json")).encode("Paris").ids
    weights = ModelRef(base="m", base_directory="/m")
    request = CreateResponse.model_validate({"model": "m", "input": "hi", "background": True})
    plan = plan_response(request, ITEMS, None)
    model = ServedModel(name="m", weights=weights, renderer=renderer)
    prompt = make_prompt(plan.answer, model)
    writer = ResponseWriter(new_response(request, plan, prompt, "queued"), prompt)
    run = BackgroundRun(writer, plan, prompt, "r", lambda pieces: pieces)
    engine = SlowEngine(ids)
    written: list[str] = []

    def write(database, events, response, end) -> None:
        written.extend(event.type for event in events)
        if "response.output_text.delta" in written:
            engine.is_writing.set()
            assert engine.has_ended.wait(10)
            # The end reaches the run's log before this write returns.
            threading.Event().wait(0.1)

    monkeypatch.setattr(run, "_write", write)
    asyncio.run(run.make(None, engine))  # type: ignore[arg-type]
    assert written[0] == "response.created"
    assert written[-1] == "response.completed"
    assert run.log.unkept() == []
