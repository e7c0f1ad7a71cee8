"""What holds calls to their schemas whose texts stand between marks: Gemma 4 and FunctionGemma."""

import json
from functools import cache
from typing import Any

import pytest
from llguidance import LLTokenizer

from tests.tiny import assistant
from tests.unit.chat.parsing.test_quoted_values import ANY, NAMES, learned
from tests.unit.chat.templates import renderer_of
from understudy.chat.answer_shape import FreeText, ToolChoice, ToolUse
from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer
from understudy.chat.messages import Tool
from understudy.errors import InvalidRequestError

MUST = ToolChoice(use=ToolUse.MUST, names=None, is_parallel=True)


@cache
def tokenizer_of(name: str) -> LLTokenizer:
    return grammar_tokenizer(renderer_of(name).vocabulary)


def strict(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


NEXT = {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}
NODE = strict(value={"type": "integer"}, next=NEXT)
HELD = [
    (strict(b={"type": "string"}, A={"type": "null"}), [{"b": 'a, }:"\n', "A": None}],
     [{"b": "x"}, {"b": 1, "A": None}, {"b": "x", "A": None, "c": 1}]),
    (strict(a={"type": "string", "minLength": 2, "maxLength": 3}), [{"a": "xy"}, {"a": "東京x"}],
     [{"a": "x"}, {"a": "wxyz"}]),
    (strict(a={"type": "string", "pattern": "^[a-c/]{2}$"}), [{"a": "a/"}],
     [{"a": "abc"}, {"a": "ad"}]),
    (strict(a={"type": "string", "pattern": "[0-9]"}), [{"a": "x1y"}], [{"a": "xy"}]),
    (strict(a={"type": "string", "format": "date"}), [{"a": "2025-01-31"}], [{"a": "2025-13-01"}]),
    (strict(a={"enum": ["x", 1, None, True]}), [{"a": "x"}, {"a": 1}, {"a": None}, {"a": True}],
     [{"a": "1"}, {"a": False}, {"a": 2}]),
    (strict(a={"const": {"y": [1, "b"], "X": {}}}), [{"a": {"y": [1, "b"], "X": {}}}],
     [{"a": {"y": [1, "c"], "X": {}}}]),
    (strict(a={"type": "integer", "minimum": 3, "maximum": 5}), [{"a": 4}], [{"a": 6}, {"a": 3.5}]),
    (strict(a={"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2}),
     [{"a": [True]}, {"a": [True, False]}], [{"a": []}, {"a": [True] * 3}, {"a": [1]}]),
    (strict(a={"type": "array", "items": {"type": "null"}, "maxItems": 1}),
     [{"a": []}, {"a": [None]}],
     [{"a": [None, None]}]),
    (strict(a={"type": "array", "items": {}, "maxItems": 0}), [{"a": []}], [{"a": [1]}]),
    (strict(a={"type": ["number", "null"]}), [{"a": 1.5}, {"a": None}], [{"a": "1.5"}]),
    (strict(head={"$ref": "#/$defs/node"}) | {"$defs": {"node": NODE}},
     [{"head": {"value": 1, "next": {"value": 2, "next": None}}}], [{"head": {"value": 1}}]),
    (strict(me={"anyOf": [{"$ref": "#"}, {"type": "null"}]}), [{"me": {"me": None}}], [{"me": {}}]),
    (strict(a={"allOf": [strict(b={"type": "null"})]}), [{"a": {"b": None}}], [{"a": {}}]),
]  # fmt: skip


def accepts(name: str, arguments: dict[str, Any], tool: Tool) -> bool:
    turn = learned(name, assistant(None, ("f", json.dumps(arguments))), tool)
    grammar = renderer_of(name).grammar([tool], MUST, FreeText(), prompt=())
    assert grammar is not None
    matcher = compile_grammar(tokenizer_of(name), grammar.text)
    count = matcher.try_consume_tokens(turn[:-1])
    return count == len(turn) - 1 and matcher.is_accepting()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("schema", "right", "wrong"), HELD)
def test_strict_arguments_are_held_to_their_schema(
    name: str, schema: dict[str, Any], right: list[dict[str, Any]], wrong: list[dict[str, Any]]
):
    tool = Tool(name="f", parameters=schema, is_strict=True)
    assert [accepts(name, arguments, tool) for arguments in right] == [True] * len(right)
    assert [accepts(name, arguments, tool) for arguments in wrong] == [False] * len(wrong)


def test_optional_arguments_stand_in_any_selection():
    names = ["a", "b", "c"]
    properties = {name: {"type": "integer"} for name in names}
    loose = Tool(name="f", parameters={"properties": properties, "required": ["b"]})
    for count in range(8):
        chosen = {name: 1 for place, name in enumerate(names) if count & 1 << place}
        assert accepts("gemma4", chosen, loose) == ("b" in chosen)
    assert not accepts("gemma4", {"b": 1, "d": 1}, loose)
    counts = Tool(name="f", parameters={"additionalProperties": {"type": "integer"}})
    assert accepts("gemma4", {"x": 1, "y z": 2}, counts)
    assert not accepts("gemma4", {"x": "1"}, counts)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "format": "ipv6"}, "cannot be held to 'ipv6'"),
        ({"type": "string", "pattern": "^a|b$"}, r"cannot be held to '\^a|b"),
        ({"allOf": [{"type": "null"}, {}]}, "cannot be held to 'allOf'"),
        ({"anyOf": [{"type": "null"}], "properties": {}}, "cannot be held to 'properties'"),
    ],
)
def test_what_strict_arguments_cannot_be_held_to_is_refused(schema: dict[str, Any], said: str):
    tool = Tool(name="f", parameters=strict(a=schema), is_strict=True)
    with pytest.raises(InvalidRequestError, match=said) as refused:
        renderer_of("gemma4").grammar([tool], MUST, FreeText(), prompt=())
    assert refused.value.code == "invalid_function_parameters"
    loose = Tool(name="f", parameters=strict(a=schema))
    grammar = renderer_of("gemma4").grammar([loose], MUST, FreeText(), prompt=())
    assert grammar is not None
    compile_grammar(tokenizer_of("gemma4"), grammar.text)


@pytest.mark.parametrize("key", ["a:b", " a", "a}", '<|"|>'])
def test_a_key_that_cannot_be_bare_is_refused(key: str):
    tool = Tool(name="f", parameters=strict(**{key: {}}))
    with pytest.raises(InvalidRequestError, match="keys without quotes"):
        renderer_of("gemma4").grammar([tool], MUST, FreeText(), prompt=())


def test_a_mark_in_letters_does_not_end_a_text():
    chat = renderer_of("gemma4")
    grammar = chat.grammar([ANY], MUST, FreeText(), prompt=())
    assert grammar is not None
    matcher = compile_grammar(tokenizer_of("gemma4"), grammar.text)
    begun = chat.vocabulary.encode('<|tool_call>call:f{a:<|"|>x')
    letters = chat.vocabulary.encode(chat.vocabulary.guard('<|"|>'))
    assert matcher.try_consume_tokens(begun) == len(begun)
    assert matcher.try_consume_tokens(letters) < len(letters)
