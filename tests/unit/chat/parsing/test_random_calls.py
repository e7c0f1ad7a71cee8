"""Whatever a model writes where it has to call: the calls parse, and validate."""

import json
import random
from itertools import product

import jsonschema
import llguidance.numpy as bitmasks
import numpy
import pytest
from llguidance import LLTokenizer

from tests.api.chat.random_schemas import RandomSchemas
from tests.unit.chat.grammar.test_answer_grammar import MUST, tokenizer_of
from tests.unit.chat.templates import FAMILIES, renderer_of
from understudy.chat.answer_shape import FreeText
from understudy.chat.grammar.compiling import compile_grammar
from understudy.chat.messages import Tool
from understudy.chat.parsing.deltas import TextDelta, ToolCallDelta

WITH_TOOLS = [
    name for name, family in FAMILIES.items() if family.has_tools and family.escapes_texts
]


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        *product(WITH_TOOLS, range(2)),
        *(("gemma4", seed) for seed in range(2, 30)),
        *(("lfm2-calls", seed) for seed in range(2, 12)),
    ],
)
def test_whatever_is_written_under_a_forced_choice_parses_and_validates(name: str, seed: int):
    chat, rng = renderer_of(name), random.Random(seed)
    made = [offered["function"] for offered in RandomSchemas(seed).tools()]
    tools = [
        Tool(name=f["name"], parameters=f.get("parameters"), is_strict=f.get("strict", False))
        for f in made
    ]
    grammar = chat.grammar(tools, MUST, FreeText(), prompt=())
    assert grammar is not None

    ids = random_walk(tokenizer_of(name), grammar.text, rng)

    parser = chat.answer_parser(prompt=(), tools=tools)
    deltas = [delta for id in ids for delta in parser.feed(id)] + parser.finish()
    assert not any(isinstance(delta, TextDelta) for delta in deltas)
    calls: dict[int, list[ToolCallDelta]] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallDelta):
            calls.setdefault(delta.index, []).append(delta)
    schemas = {tool.name: tool.parameters or {} for tool in tools}
    assert calls
    for first, *rest in calls.values():
        arguments = json.loads("".join(delta.arguments for delta in rest))
        jsonschema.validate(arguments, schemas[str(first.name)])


def random_walk(tokenizer: LLTokenizer, grammar: str, rng: random.Random) -> list[int]:
    """Ids that a grammar lets through, each drawn from those that may come next."""
    matcher = compile_grammar(tokenizer, grammar)
    ids: list[int] = []
    mask = bitmasks.allocate_token_bitmask(1, tokenizer.vocab_size)
    while not (matcher.is_accepting() and (len(ids) > 30 or rng.random() < 0.5)):
        bitmasks.fill_next_token_bitmask(matcher, mask, 0)
        bits = numpy.unpackbits(mask.view(numpy.uint8), bitorder="little")
        allowed = [int(id) for id in numpy.flatnonzero(bits[: tokenizer.vocab_size])]
        ids.append(min(allowed) if rng.random() < 0.3 else rng.choice(allowed))
        assert matcher.consume_token(ids[-1])
        assert len(ids) < 2000
    return ids
