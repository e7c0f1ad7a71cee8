"""Schemas made to use up time or memory end in words, or are followed within bounds."""

import resource
from itertools import pairwise

import numpy
import pytest
from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from understudy.chat.grammar.compiling import compile_grammar, grammar_tokenizer, reason_of
from understudy.chat.grammar.schemas import LOOSE, json_rule, schema_problem
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import BUILT_IN_DIRECTORY

STEPS = 120
MAX_MEGABYTES = 150


def strict(schema: dict, **definitions: dict) -> dict:
    return {
        "type": "object", "properties": {"a": schema}, "required": ["a"],
        "additionalProperties": False, "$defs": definitions,
    }  # fmt: skip


def chain(length: int, link) -> dict:
    """Definitions of which each names the next twice."""
    names = [f"d{number}" for number in range(length)]
    linked = {name: link({"$ref": f"#/$defs/{after}"}) for name, after in pairwise(names)}
    return strict({"$ref": "#/$defs/d0"}, **linked, **{names[-1]: {"type": "string"}})


def text(**rules: object) -> dict:
    return strict({"type": "string", **rules})


def array(items: dict, **rules: object) -> dict:
    return {"type": "array", "items": items, **rules}


def nested(depth: int) -> dict:
    return array(nested(depth - 1)) if depth else {"type": "string"}


STRING, WHOLE = {"type": "string"}, {"type": "integer"}
BOMBS = {
    "choices that double": chain(40, lambda one: {"anyOf": [one, array(one)]}),
    "conjunctions that double": chain(25, lambda one: {"allOf": [one, one]}),
    "endless recursion": strict({"$ref": "#/$defs/n"}, n={"anyOf": [{"$ref": "#/$defs/n"}]}),
    "repetitions in repetitions": text(pattern="^((a{1,100}){1,100}){1,100}$"),
    "alternatives in repetitions": text(pattern="^(((a|b)*c){1,50}d){1,50}$"),
    "an automaton of 2^60 states": text(pattern="^.*a.{60}$"),
    "ambiguity": text(pattern="^(a|aa)*b.*(a|b){500}$"),
    "classes of letters": text(pattern=r"^(\p{L}{1,300}\w{1,300}){1,20}$"),
    "a long text": text(minLength=10**9),
    "a short text of any length": text(maxLength=2 * 10**9),
    "many items": strict(array(WHOLE, minItems=10**9)),
    "any number of items": strict(array(WHOLE, maxItems=10**9)),
    "items of items": strict(array(array(STRING, minItems=9999), minItems=9999)),
    "places": strict({"type": "array", "prefixItems": [WHOLE] * 5000}),
    "many values": strict({"enum": [f"value {number} " * 5 for number in range(7000)]}),
    "values that begin alike": strict({"enum": ["a" * length for length in range(900)]}),
    "a long value": strict({"const": "x" * 400_000}),
    "many choices": strict({"anyOf": [strict({"const": f"k{number}"}) for number in range(500)]}),
    "tiny multiples": strict({"type": "number", "multipleOf": 1e-300}),
    "a wide range": strict({"type": "integer", "minimum": -(10**300), "maximum": 10**300}),
    "another machine": strict({"$ref": "http://127.0.0.1:1/schema"}),
    "a file": strict({"$ref": "file:///etc/passwd"}),
    "depth": strict(nested(80)),
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> LLTokenizer:
    path = BUILT_IN_DIRECTORY / "understudy-nano" / "tokenizer.json"
    return grammar_tokenizer(Vocabulary.from_file(path))


@pytest.mark.parametrize("is_strict", [True, False], ids=["strict", "loose"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_schema_made_to_harm_is_followed_within_bounds_or_refused_in_words(
    tokenizer: LLTokenizer, name: str, is_strict: bool
):
    before = peak_megabytes()
    problem = schema_problem(BOMBS[name], is_strict=is_strict)
    if problem is None:
        problem = what_stops(tokenizer, BOMBS[name], is_strict=is_strict)
    assert problem is None or len(problem) > 10
    assert peak_megabytes() - before < MAX_MEGABYTES


def what_stops(tokenizer: LLTokenizer, schema: dict, *, is_strict: bool) -> str | None:
    """Write an answer, token by token; return why it cannot continue, None if it can or ends."""
    rule = json_rule(schema, LOOSE, is_strict=is_strict)
    try:
        matcher = compile_grammar(tokenizer, f"start: value\nvalue: {rule}")
    except InvalidRequestError as error:
        return error.message
    for _ in range(STEPS):
        token = a_token(tokenizer, matcher)
        if matcher.is_error() or not matcher.consume_token(token):
            return reason_of(matcher)
        if token == tokenizer.eos_token:
            assert matcher.is_stopped()
            break
    return None


def a_token(tokenizer: LLTokenizer, matcher: LLMatcher) -> int:
    """Return one of the tokens that may come next: seldom the first, so that texts go on."""
    words = allocate_token_bitmask(1, tokenizer.vocab_size)
    fill_next_token_bitmask(matcher, words, 0)
    free = numpy.flatnonzero(numpy.unpackbits(words.view(numpy.uint8), bitorder="little"))
    return int(free[len(free) // 2]) if len(free) else tokenizer.eos_token


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
