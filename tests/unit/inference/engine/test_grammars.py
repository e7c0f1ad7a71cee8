"""Random weights under a grammar: what they write is what the grammar describes."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import LlamaConfig

from tests import tiny
from tests.unit.inference.conftest import SMALL, save_model
from tests.unit.inference.engine.test_scheduler import running
from tests.unit.inference.support import request_for
from understudy.chat.grammar.compiling import MAX_CHARACTERS, compile_grammar, grammar_tokenizer
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError
from understudy.inference.engine import grammars as grammars_module
from understudy.inference.engine.grammars import CompiledGrammars
from understudy.inference.engine.tickets import ticket_for
from understudy.inference.protocol import FinishEvent, GenerateRequest, TokenEvent

VOCABULARY = Vocabulary(tiny.tokenizer())
END = VOCABULARY.id_of("<|im_end|>")
OTHER_END = VOCABULARY.id_of("<|pad|>")
PADDING = 13
COLOUR = r"start: /(red|green|blue){2,3}/"
PROMPT = [20, 21, 22]


def schema_grammar(schema: dict) -> str:
    return f"start: %json {json.dumps(schema)}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model whose embedding has more rows than its tokenizer has tokens."""
    directory = tmp_path_factory.mktemp("base") / "padded"
    save_model(LlamaConfig(**SMALL | {"vocab_size": VOCABULARY.size + PADDING}), directory)
    tiny.tokenizer().save(str(directory / "tokenizer.json"))
    return directory


@pytest.fixture
def asked(base: Path) -> Callable[..., GenerateRequest]:
    def request(grammar: str | None, **more: object) -> GenerateRequest:
        defaults = {"temperature": 1.5, "max_tokens": 200, "stop_ids": (END, OTHER_END)}
        return request_for(base, PROMPT, **(defaults | {"grammar": grammar} | more))

    return request


def run(requests: list[GenerateRequest]) -> list[list[object]]:
    inbox_events = []
    with running() as (scheduler, inbox):
        tickets = [scheduler.submit(request) for request in requests]
        inbox_events = [inbox.events_of(ticket) for ticket in tickets]
    return inbox_events


def text_of(events: list[object]) -> str:
    return VOCABULARY.decode([e.token_id for e in events if isinstance(e, TokenEvent)])


def test_every_row_of_a_batch_follows_its_own_grammar(asked: Callable[..., GenerateRequest]):
    requests = [asked(COLOUR, seed=seed) for seed in range(6)]
    requests += [asked("start: /[0-9]{3}/", seed=seed) for seed in range(3)]
    for request, events in zip(requests, run(requests), strict=True):
        assert events[-1].reason == "stop"
        wanted = "(red|green|blue){2,3}" if request.grammar == COLOUR else "[0-9]{3}"
        assert re.fullmatch(wanted, text_of(events))


def test_a_row_without_a_grammar_is_as_it_would_be_alone(asked: Callable[..., GenerateRequest]):
    free = asked(None, seed=3, max_tokens=20)
    (alone,) = run([free])
    beside, _, _ = run([free, asked(COLOUR, seed=1), asked("start: /[0-9]+/", seed=2)])
    assert text_of(alone) == text_of(beside)


def test_an_answer_cannot_end_before_its_grammar(asked: Callable[..., GenerateRequest]):
    eager = asked("start: /a{5}/", logit_bias=((END, 100.0), (OTHER_END, 100.0)), temperature=0.0)
    (events,) = run([eager])
    assert (text_of(events), events[-1].reason) == ("aaaaa", "stop")


def test_an_answer_that_is_cut_ends_with_length(asked: Callable[..., GenerateRequest]):
    (events,) = run([asked("start: /[0-9]{500}/", max_tokens=7)])
    assert isinstance(events[-1], FinishEvent)
    assert (events[-1].reason, events[-1].completion_tokens) == ("length", 7)


def test_rows_of_a_padded_embedding_are_never_chosen(asked: Callable[..., GenerateRequest]):
    padding = tuple((VOCABULARY.size + i, 100.0) for i in range(PADDING))
    (events,) = run([asked(r"start: /(?s:.*)/", max_tokens=30, logit_bias=padding)])
    tokens = [event.token_id for event in events if isinstance(event, TokenEvent)]
    assert tokens
    assert max(tokens) < VOCABULARY.size


def test_text_never_matches_a_control_token(asked: Callable[..., GenerateRequest]):
    controls = [id for id in range(VOCABULARY.size) if VOCABULARY.atom(id) and id != END]
    bias = tuple((id, 50.0) for id in controls)
    (events,) = run([asked(r"start: /(?s:.{20})/", logit_bias=bias)])
    assert not {e.token_id for e in events if isinstance(e, TokenEvent)} & set(controls)


def test_log_probabilities_are_those_before_the_mask(asked: Callable[..., GenerateRequest]):
    free, bound = run(
        [
            asked(grammar, temperature=0.0, max_tokens=1, top_logprobs=20)
            for grammar in (None, COLOUR)
        ]
    )
    assert bound[1].likeliest == free[1].likeliest
    assert bound[1].logprob <= bound[1].likeliest[0].logprob


def test_a_grammar_that_is_none_ends_its_request_and_no_other(
    asked: Callable[..., GenerateRequest],
):
    broken, fine = run([asked("start: nowhere"), asked(COLOUR)])
    assert isinstance(broken[-1], InvalidRequestError)
    assert "nowhere" in broken[-1].message
    assert fine[-1].reason == "stop"


def test_a_grammar_is_compiled_once(asked: Callable[..., GenerateRequest]):
    compiled = threading.Semaphore(0)
    grammars = CompiledGrammars(when_compiled=compiled.release)
    try:
        tickets = [ticket_for(asked(COLOUR, seed=seed)) for seed in range(3)]
        grammars.is_ready(tickets[0])
        assert compiled.acquire(timeout=20)
        assert all(map(grammars.is_ready, tickets))
        first, second = map(grammars.get, tickets[:2])
        first.accept(VOCABULARY.encode("r")[0])
        assert first.problem is None
        assert second.matcher.validate_tokens(VOCABULARY.encode("blue")) > 0
        assert not compiled.acquire(blocking=False)
    finally:
        grammars.close()


def test_the_grammars_used_least_recently_leave_but_the_newest_stays_whatever_its_size(
    asked: Callable[..., GenerateRequest], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(grammars_module, "_MAX_CHARACTERS_KEPT", 100)
    monkeypatch.setattr(grammars_module, "_MAX_KEPT", 2)
    compiled = threading.Semaphore(0)
    grammars = CompiledGrammars(when_compiled=compiled.release)
    red, blue, long = (
        ticket_for(asked(text))
        for text in ('start: "red"', 'start: "blue"', f'start: "{"a" * 200}"')
    )
    for ticket in (red, blue):
        grammars.is_ready(ticket)  # begins to compile it
        assert compiled.acquire(timeout=30)
    assert grammars.is_ready(red)
    assert grammars.is_ready(blue)
    grammars.is_ready(long)
    assert compiled.acquire(timeout=30)
    assert grammars.is_ready(long)
    grammars.is_ready(red)
    assert compiled.acquire(timeout=30)
    grammars.close()


def test_grammars_are_bounded_in_size_and_work():
    tokenizer = grammar_tokenizer(VOCABULARY)
    with pytest.raises(InvalidRequestError, match="too large"):
        compile_grammar(tokenizer, "start: " + "a" * MAX_CHARACTERS)
    for schema in (
        {"type": "integer", "multipleOf": 7919 * 104729},
        {"type": "string", "pattern": "(?=a)b"},
        {"$ref": "#"},
    ):
        with pytest.raises(InvalidRequestError, match="cannot be followed"):
            compile_grammar(tokenizer, schema_grammar(schema))


def test_a_schema_of_many_kinds_of_values_is_followed(asked: Callable[..., GenerateRequest]):
    schema = {
        "type": "object",
        "properties": {
            "ok": {"type": "boolean"},
            "kind": {"enum": ["a", "b"]},
            "count": {"type": "integer", "minimum": 3, "maximum": 12},
        },
        "required": ["ok", "kind", "count"],
        "additionalProperties": False,
        "x-guidance": {"whitespace_flexible": False},
    }
    for events in run([asked(schema_grammar(schema), seed=seed) for seed in range(4)]):
        value = json.loads(text_of(events))
        assert list(value) == ["ok", "kind", "count"]
        assert 3 <= value["count"] <= 12
