"""Models asked from inside, answered by an engine whose attempts are written down."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from tokenizers import Tokenizer

from tests import tiny
from understudy.answering import asking
from understudy.answering.asking import Patience, ask, generate_patiently
from understudy.answering.decoding import AnswerPiece
from understudy.answering.models import ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import make_prompt
from understudy.chat.answer_shape import ToolChoice, ToolUse
from understudy.errors import InvalidRequestError, OverloadedError, UnavailableError
from understudy.inference.protocol import (
    Event,
    FinishEvent,
    GenerateRequest,
    ModelRef,
    StartEvent,
    TokenEvent,
)

FULL = OverloadedError("full", retry_after_seconds=1.0)
GONE = UnavailableError("gone")
PATIENT = Patience(seconds=60.0, first_pause_seconds=0.0)
Attempt = str | Exception | tuple[str, Exception]


class Engine:
    """Makes each attempt in turn: a text, an error, or a text that an error cuts off."""

    def __init__(self, tokenizer: Tokenizer, *attempts: Attempt) -> None:
        self._tokenizer = tokenizer
        self._attempts = list(attempts)
        self.requests: list[GenerateRequest] = []

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        attempt = self._attempts.pop(0)
        text, error = attempt if isinstance(attempt, tuple) else (attempt, None)
        if isinstance(text, Exception):
            raise text
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        yield StartEvent(cached_tokens=len(self.requests))
        for token in ids:
            yield TokenEvent(token, -0.5)
        if error is not None:
            raise error
        yield FinishEvent(
            reason="stop", prompt_tokens=len(request.prompt_ids), completion_tokens=len(ids)
        )


class Asked:
    """A model with what it is asked."""

    def __init__(self, directory: Path) -> None:
        renderer = tiny.renderer(directory)
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        weights = ModelRef(base="m", base_directory="/m")
        self.model = ServedModel(name="m", weights=weights, renderer=renderer)
        self.plan = AnswerPlan(model="m", messages=(tiny.user("What is the weather?"),))

    def engine(self, *attempts: Attempt) -> Engine:
        return Engine(self.tokenizer, *attempts)

    def ask(self, engine: Engine, patience: Patience = PATIENT, **changes):
        plan = AnswerPlan(**self.plan.__dict__ | changes)
        return asyncio.run(ask(engine, self.model, plan, patience))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return Asked(tmp_path_factory.mktemp("base"))


def test_an_answer_holds_every_choice_with_its_tokens(asked: Asked):
    answer = asked.ask(asked.engine("Paris", "Paris weather"), choices=2)
    assert [choice.text for choice in answer.choices] == ["Paris", "Paris weather"]
    for choice in answer.choices:
        assert asked.tokenizer.decode(list(choice.ids)) == choice.text
        assert choice.logprobs == (-0.5,) * len(choice.ids)
        assert (choice.finish_reason, choice.reasoning, choice.tool_calls) == ("stop", "", ())
        assert choice.visible_tokens == ()
    written = sum(len(choice.ids) for choice in answer.choices)
    read = len(make_prompt(asked.plan, asked.model).ids)
    usage = answer.usage
    assert usage is not None
    assert (usage.completion_tokens, usage.prompt_tokens) == (written, read)
    assert usage.total_tokens == usage.prompt_tokens + written
    assert usage.cached_tokens == 1
    assert answer.model.name == "m"
    assert answer.room == 512 - read


def test_calls_and_probabilities_are_part_of_an_answer(asked: Asked):
    call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
    answer = asked.ask(
        asked.engine(f"Well.{call}"),
        tools=(tiny.WEATHER,),
        tool_choice=ToolChoice(use=ToolUse.MAY, names=None, is_parallel=True),
        top_logprobs=0,
    )
    (choice,) = answer.choices
    (made,) = choice.tool_calls
    assert (made.name, made.arguments) == ("get_weather", '{"city": "Paris"}')
    assert choice.finish_reason == "tool_calls"
    assert choice.text == "Well."
    text = asked.tokenizer.decode([token.token_id for token in choice.visible_tokens])
    assert text == "Well."


def test_an_answer_that_breaks_off_is_made_anew(asked: Asked):
    engine = asked.engine(FULL, ("Par", GONE), GONE, "Paris")
    assert asked.ask(engine).choices[0].text == "Paris"
    assert len(engine.requests) == 4


def test_without_patience_the_first_error_is_the_last(asked: Asked):
    engine = asked.engine(FULL, "Paris")
    with pytest.raises(OverloadedError, match="full"):
        asked.ask(engine, Patience(seconds=0.0))
    assert len(engine.requests) == 1


def test_what_no_patience_heals_is_not_tried_again(asked: Asked):
    engine = asked.engine(InvalidRequestError("no"), "Paris")
    with pytest.raises(InvalidRequestError):
        asked.ask(engine)
    assert len(engine.requests) == 1


def test_pauses_double_up_to_a_limit(asked: Asked, monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    # In this module alone: other threads sleep too.
    patched = SimpleNamespace(sleep=pause, to_thread=asyncio.to_thread)
    monkeypatch.setattr(asking, "asyncio", patched)
    patience = Patience(seconds=60.0, first_pause_seconds=0.5, max_pause_seconds=3.0)
    asked.ask(asked.engine(*[FULL] * 5, "Paris"), patience)
    assert pauses == [0.5, 1.0, 2.0, 3.0, 3.0]


def patiently(asked: Asked, engine: Engine, seen: list[str]) -> Sequence[str]:
    async def read() -> None:
        prompt = make_prompt(asked.plan, asked.model)
        pieces = generate_patiently(engine, asked.plan, prompt, "r", PATIENT)  # type: ignore[arg-type]
        async for piece in pieces:
            if isinstance(piece, AnswerPiece):
                seen.append(piece.delta.text)  # type: ignore[union-attr]

    asyncio.run(read())
    return seen


def test_a_stream_waits_as_long_as_nothing_was_yielded(asked: Asked):
    assert "".join(patiently(asked, asked.engine(FULL, GONE, "Paris"), [])) == "Paris"


def test_a_stream_that_has_begun_is_not_begun_again(asked: Asked):
    engine, seen = asked.engine(("Paris", GONE), "Paris"), []
    with pytest.raises(UnavailableError):
        patiently(asked, engine, seen)
    assert "".join(seen) == "Paris"
    assert len(engine.requests) == 1
