"""An engine that says what a test tells it to: a real socket with real frames, but no model."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import UnderstudyError
from understudy.inference.frames import encode_frame, error_to_json, read_frame
from understudy.inference.protocol import (
    EngineStats,
    FinishEvent,
    GenerateRequest,
    LikelyToken,
    PromptEvent,
    StartEvent,
    TokenEvent,
    event_to_json,
    request_from_json,
    stats_to_json,
)


@dataclass(kw_only=True)
class Script:
    """One answer: text to say, and how it ends."""

    text: str = ""
    ids: list[int] | None = None
    """The tokens to say, where they are not those of the text."""
    logprob: float = -0.5
    likely: list[LikelyToken] | None = None
    """The likeliest tokens at every place, where they are not the one that is said and token 5."""
    reason: str = "stop"
    cached: int = 0
    """How many tokens of the prompt need not be read."""
    error: UnderstudyError | None = None
    """Raised after the text, instead of an end."""
    goes_on: bool = False
    """Repeat the text until the client has enough."""
    dies: bool = False
    """Close the connection after the text, as a killed engine does."""


@dataclass
class ScriptedEngine:
    socket_path: Path
    tokenizer: Path
    requests: list[GenerateRequest] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scripts: deque[Script] = deque()
        self._chooses: Callable[[GenerateRequest, str], str] | None = None
        self._vocabulary = Vocabulary.from_file(self.tokenizer)

    def ids_of(self, text: str) -> list[int]:
        return self._vocabulary.encode(text)

    def says(self, *scripts: Script | str) -> None:
        """Answer the next requests so, one each."""
        self.requests.clear()
        self.cancelled.clear()
        self._scripts = deque(Script(text=s) if isinstance(s, str) else s for s in scripts)
        self._chooses = None

    def says_by(self, choose: Callable[[GenerateRequest, str], str]) -> None:
        """Answer every request by what it is and by its prompt, whatever the order."""
        self.says()
        self._chooses = choose

    def prompts(self) -> list[str]:
        return [self._vocabulary.decode(request.prompt_ids) for request in self.requests]

    @contextmanager
    def running(self) -> Iterator[None]:
        started = threading.Event()
        stopping = asyncio.Event()
        loops: list[asyncio.AbstractEventLoop] = []

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            server = await asyncio.start_unix_server(self._serve, self.socket_path)
            started.set()
            await stopping.wait()
            server.close()

        # At its end, asyncio.run cancels what still answers.
        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        assert started.wait(5)
        try:
            yield
        finally:
            loops[0].call_soon_threadsafe(stopping.set)
            thread.join(5)
            assert not thread.is_alive()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        streams: dict[int, tuple[asyncio.Task[None], str]] = {}
        try:
            while True:
                frame = await read_frame(reader)
                stream = frame["stream"]
                if frame["kind"] == "stats":
                    _send(writer, stream, event=stats_to_json(_STATS))
                elif frame["kind"] == "cancel":
                    task, request_id = streams[stream]
                    if not task.done():
                        self.cancelled.append(request_id)
                    task.cancel()
                else:
                    request = request_from_json(frame["request"])
                    self.requests.append(request)
                    script = self._next(request)
                    task = asyncio.ensure_future(self._answer(writer, stream, request, script))
                    streams[stream] = task, request.request_id
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            for task, _ in streams.values():
                task.cancel()
            writer.close()

    def _next(self, request: GenerateRequest) -> Script:
        if self._chooses is not None:
            return Script(text=self._chooses(request, self._vocabulary.decode(request.prompt_ids)))
        return self._scripts.popleft() if self._scripts else Script()

    async def _answer(
        self,
        writer: asyncio.StreamWriter,
        stream: int,
        request: GenerateRequest,
        script: Script,
    ) -> None:
        ids = self._vocabulary.encode(script.text) if script.ids is None else script.ids
        said = 0
        _send(writer, stream, event=event_to_json(StartEvent(cached_tokens=script.cached)))
        if request.prompt_logprobs:
            scored_ids = request.prompt_ids[request.scored_from :]
            scored = PromptEvent(tuple(TokenEvent(id, -0.25) for id in scored_ids))
            _send(writer, stream, event=event_to_json(scored))
        while True:
            for token in ids:
                if said == request.sampling.max_tokens:
                    break
                said += 1
                likely = script.likely
                if likely is None:
                    likely = [
                        LikelyToken(token, script.logprob),
                        LikelyToken(5, script.logprob - 1),
                    ]
                reported = tuple(likely[: request.sampling.top_logprobs])
                told = TokenEvent(token, script.logprob, reported)
                _send(writer, stream, event=event_to_json(told))
                await asyncio.sleep(0)
            if not script.goes_on or said == request.sampling.max_tokens:
                break
            await asyncio.sleep(0.01)
        if script.dies:
            writer.transport.abort()
        elif script.error is not None:
            _send(writer, stream, error=error_to_json(script.error))
        else:
            is_full = script.goes_on or said < len(ids)
            reason = "length" if is_full else script.reason
            finish = FinishEvent(
                reason=reason, prompt_tokens=len(request.prompt_ids), completion_tokens=said
            )
            _send(writer, stream, event=event_to_json(finish))


_STATS = EngineStats(
    bases=(), fits=(), adapters=0, running=0, waiting=0, generated_tokens=0, process_id=1
)


def _send(writer: asyncio.StreamWriter, stream: int, **values: Any) -> None:
    writer.write(encode_frame([{"stream": stream, **values}]))
