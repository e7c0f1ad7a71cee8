"""What holds calls to their schemas that are written as Python's: LFM2."""

import json
from typing import Any

import pytest

from tests.tiny import assistant
from tests.unit.chat.grammar.test_quoted_rules import HELD, MUST, strict, tokenizer_of
from tests.unit.chat.parsing.test_keyword_values import NAMES, learned
from tests.unit.chat.templates import renderer_of
from understudy.chat.answer_shape import FreeText
from understudy.chat.grammar.compiling import compile_grammar
from understudy.chat.messages import Tool
from understudy.errors import InvalidRequestError

OWN = [
    (strict(a={"type": "string"}), [{"a": "it's, so"}, {"a": "\\d"}], [{"a": 1}, {"a": None}]),
    (strict(a={"type": "array", "items": strict(b={"type": "string"})}),
     [{"a": [{"b": "x\n"}, {"b": 'say "x"'}]}], [{"a": [{"b": 1}]}, {"a": [{"c": "x"}]}]),
    (strict(a={"type": "array", "items": {"type": "string", "pattern": "^[a-c]{2}$"}}),
     [{"a": ["ab", "cc"]}], [{"a": ["ad"]}]),
    (strict(a={"enum": ["it's", ["x", None]]}), [{"a": "it's"}, {"a": ["x", None]}], [{"a": "x"}]),
]  # fmt: skip


def accepts(name: str, arguments: dict[str, Any], tool: Tool) -> bool:
    turn = learned(name, assistant(None, ("f", json.dumps(arguments))), tool)
    grammar = renderer_of(name).grammar([tool], MUST, FreeText(), prompt=())
    assert grammar is not None
    matcher = compile_grammar(tokenizer_of(name), grammar.text)
    count = matcher.try_consume_tokens(turn[:-1])
    return count == len(turn) - 1 and matcher.is_accepting()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("schema", "right", "wrong"), [*HELD, *OWN])
def test_strict_arguments_are_held_to_their_schema(
    name: str, schema: dict[str, Any], right: list[dict[str, Any]], wrong: list[dict[str, Any]]
):
    tool = Tool(name="f", parameters=schema, is_strict=True)
    assert [accepts(name, arguments, tool) for arguments in right] == [True] * len(right)
    assert [accepts(name, arguments, tool) for arguments in wrong] == [False] * len(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_optional_arguments_stand_in_any_selection(name: str):
    names = ["a", "b", "c"]
    properties = {key: {"type": "integer"} for key in names}
    loose = Tool(name="f", parameters={"properties": properties, "required": ["b"]})
    for count in range(8):
        chosen = {key: 1 for place, key in enumerate(names) if count & 1 << place}
        assert accepts(name, chosen, loose) == ("b" in chosen)
    assert not accepts(name, {"b": 1, "d": 1}, loose)
    counts = Tool(name="f", parameters={"additionalProperties": {"type": "integer"}})
    assert accepts(name, {"x": 1, "y z": 2}, counts)
    assert not accepts(name, {"x": "1"}, counts)
    assert accepts(
        name, {"x": [1, {"y": [None, "z"]}], "y": {"z": True}}, Tool(name="f", parameters={})
    )


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "format": "ipv6"}, "cannot be held to 'ipv6'"),
        ({"allOf": [{"type": "null"}, {}]}, "cannot be held to 'allOf'"),
    ],
)
def test_what_strict_arguments_cannot_be_held_to_is_refused(schema: dict[str, Any], said: str):
    tool = Tool(name="f", parameters=strict(a=schema), is_strict=True)
    with pytest.raises(InvalidRequestError, match=said):
        renderer_of("lfm2.5").grammar([tool], MUST, FreeText(), prompt=())


@pytest.mark.parametrize("key", ["a=b", " a", "a)", "'a"])
def test_a_key_that_cannot_be_bare_is_refused(key: str):
    tool = Tool(name="f", parameters=strict(**{key: {}}))
    with pytest.raises(InvalidRequestError, match="keys without quotes"):
        renderer_of("lfm2.5").grammar([tool], MUST, FreeText(), prompt=())
