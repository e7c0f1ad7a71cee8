"""Makes a grammar ready for one tokenizer, within bounds on its size and on the work it causes."""

import re
from collections.abc import Sequence

from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper

from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError

MAX_CHARACTERS = 1_000_000
"""Of one grammar."""
_REASON_CHARACTERS = 300
_QUOTED_SOURCE = re.compile(r"^\s*\d+ \| ", re.MULTILINE)
_SCHEMA_ERROR = "failed to compile JSON schema: "
# Work is counted and not timed, so the same grammar is always judged the same; a compilation that
# uses all that it may takes about half a second.
_LIMITS = LLParserLimits(
    max_items_in_row=2000,
    initial_lexer_fuel=2_000_000,
    step_lexer_fuel=400_000,
    step_max_items=50_000,
    max_lexer_states=50_000,
    max_grammar_size=250_000,
    precompute_large_lexemes=False,
    verbose_errors=False,
)


class _Tokens:
    """A vocabulary as llguidance reads it: every token's bytes, and which are control tokens.

    All added tokens are control tokens, as in training: text never matches them. What ends an
    answer is a token of our own after all others, because which tokens end one is not known here.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        ids = range(vocabulary.size)
        self.tokens = [*map(vocabulary.bytes_of, ids), b"<|end of answer|>"]
        self.eos_token_id = vocabulary.size
        special = [id for id in ids if vocabulary.atom(id) is not None]
        self.special_token_ids = [*special, self.eos_token_id]
        self.bos_token_id = None
        self._vocabulary = vocabulary

    def __call__(self, text: str) -> Sequence[int]:
        return self._vocabulary.encode(text)


def grammar_tokenizer(vocabulary: Vocabulary) -> LLTokenizer:
    """Return what grammars are compiled for; takes up to a second for a large vocabulary.

    It has one token more than the vocabulary, which no model writes.
    """
    return LLTokenizer(TokenizerWrapper(_Tokens(vocabulary)))


def compile_grammar(tokenizer: LLTokenizer, grammar: str) -> LLMatcher:
    """Return a matcher at the beginning of an answer; `deep_copy` gives one for each answer.

    Raises InvalidRequestError when the grammar is not one or needs too much work.
    """
    if len(grammar) > MAX_CHARACTERS:
        raise InvalidRequestError(
            "The schemas of this request are too large: as a grammar they have "
            f"{len(grammar)} characters, and at most {MAX_CHARACTERS} are followed."
        )
    matcher = LLMatcher(tokenizer, grammar, log_level=0, limits=_LIMITS)
    # Where nothing at all can begin, as in a schema that needs itself, only the first step fails.
    if not matcher.is_error():
        matcher.compute_bitmask()
    if matcher.is_error():
        raise InvalidRequestError(
            f"The schemas of this request cannot be followed together: {reason_of(matcher)}"
        )
    return matcher


def reason_of(matcher: LLMatcher) -> str:
    """Return why a matcher cannot continue, in one line."""
    error = matcher.get_error().rpartition(_SCHEMA_ERROR)[2]
    lines = _QUOTED_SOURCE.split(error, maxsplit=1)[0].strip().splitlines()
    if not lines:
        return "it describes nothing that could be written"
    # Of a regular expression, the first line says that it is one, and the last what is wrong.
    last = lines[-1] if lines[-1].startswith("error: ") else ""
    return f"{lines[0]} {last}".strip()[:_REASON_CHARACTERS]
