"""Which tokens a row's grammar lets through next.

Dimensions: G rows with a grammar, V vocabulary, W words of 32 bits.
"""

from collections.abc import Sequence

import numpy
import torch
from llguidance import LLExecutor, LLMatcher
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask_par
from numpy.typing import NDArray
from torch import Tensor

from understudy.chat.grammar.compiling import reason_of

_executor = LLExecutor()


class RowGrammar:
    """Where one answer stands in its grammar."""

    def __init__(
        self,
        matcher: LLMatcher,
        *,
        tokens: int,
        stop_ids: Sequence[int],
        reluctant_ids: Sequence[int] = (),
    ) -> None:
        """`tokens` is how many tokens the matcher's tokenizer has."""
        self.matcher = matcher
        self.tokens = tokens
        self.stop_ids = stop_ids
        self.reluctant_ids = reluctant_ids
        self.problem: str | None = None
        """Why the answer cannot continue, once it cannot."""

    def accept(self, token: int) -> None:
        """Continue after a token that `forbidden_tokens` left free."""
        if not self.matcher.consume_token(token):
            self.problem = reason_of(self.matcher)


def forbidden_tokens(
    grammars: Sequence[RowGrammar | None], logits_BV: Tensor
) -> list[Tensor | None]:
    """Return for each row of one base, as [V], which tokens may not come next; None for any may.

    Tokens that end an answer may come exactly where the grammar may end. A grammar that cannot go
    on gets its `problem` set and forbids nothing.
    """
    asked = [(row, grammar) for row, grammar in enumerate(grammars) if grammar is not None]
    forbidden_B: list[Tensor | None] = [None] * len(grammars)
    if not asked:
        return forbidden_B
    allowing = [grammar for _, grammar in asked]
    forbidden_GV = _forbidden(allowing, vocabulary=logits_BV.shape[-1])
    for (row, grammar), forbidden_V in zip(asked, forbidden_GV, strict=True):
        _hold_back(grammar, forbidden_V, logits_BV[row])
        forbidden_B[row] = torch.from_numpy(forbidden_V).to(logits_BV.device)
    return forbidden_B


def _hold_back(grammar: RowGrammar, forbidden_V: NDArray[numpy.bool_], logits_V: Tensor) -> None:
    """Forbid reluctant tokens that are not the likeliest, unless nothing else could come."""
    free = [id for id in grammar.reluctant_ids if not forbidden_V[id]]
    if not free or int(forbidden_V.sum()) + len(free) == len(forbidden_V):
        return
    likeliest = int(logits_V.argmax())
    forbidden_V[[id for id in free if id != likeliest]] = True


def _forbidden(grammars: Sequence[RowGrammar], *, vocabulary: int) -> NDArray[numpy.bool_]:
    known = grammars[0].tokens
    words_GW = allocate_token_bitmask(len(grammars), known)
    places = [(grammar.matcher, place) for place, grammar in enumerate(grammars)]
    fill_next_token_bitmask_par(_executor, places, words_GW)
    bits_GV = numpy.unpackbits(~words_GW.view(numpy.uint8), axis=1, bitorder="little")
    # A padded embedding has rows after the tokenizer's tokens, whose last one is not the model's.
    shared = min(vocabulary, known - 1)
    forbidden_GV = numpy.ones((len(grammars), vocabulary), dtype=numpy.bool_)
    forbidden_GV[:, :shared] = bits_GV[:, :shared]
    for grammar, forbidden_V in zip(grammars, forbidden_GV, strict=True):
        ends = [id for id in grammar.stop_ids if id < vocabulary]
        forbidden_V[ends] = not grammar.matcher.is_accepting()
        if grammar.matcher.is_error() or forbidden_V.all():
            grammar.problem = reason_of(grammar.matcher)
            forbidden_V[:] = False
    return forbidden_GV
