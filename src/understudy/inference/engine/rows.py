"""One answer in the making: its tokens, how far they are read, and how the next one is chosen.

Dimensions: V vocabulary.
"""

from random import Random

from torch import Tensor

from understudy.inference.engine.masks import RowGrammar
from understudy.inference.engine.sampling import LogitShift, RowSampling, shifts_logits
from understudy.inference.engine.seen_images import SeenImages
from understudy.inference.engine.tickets import Ticket
from understudy.inference.forward.adapters import ServedAdapter
from understudy.inference.forward.layout import Span
from understudy.inference.versions import Version


class BatchRow:
    """One answer in the making."""

    def __init__(
        self,
        ticket: Ticket,
        adapter: ServedAdapter | None,
        grammar: RowGrammar | None = None,
        images: SeenImages | None = None,
    ) -> None:
        self.ticket = ticket
        self.adapter = adapter
        self.grammar = grammar
        self.sampling = ticket.request.sampling
        self.prompt_tokens = len(ticket.request.prompt_ids)
        self.images = images
        # The prompt, with the numbers of its images, and what has been generated; the first
        # `stored` of them are in the cache.
        self.tokens = list(ticket.request.prompt_ids)
        if images is not None:
            self.tokens = images.read_as(self.tokens)
        self.stored = 0
        self.is_announced = False
        # How urgent it is by now, and since when it waits for its place.
        self.priority = ticket.request.priority
        self.waits_since = 0.0
        # The prompt's tokens whose probabilities are reported, or need not be; the first has none.
        request = ticket.request
        self.scored = request.scored_from if request.prompt_logprobs else self.prompt_tokens
        # The row's own source, so that its draws do not depend on its neighbours.
        self._random = Random(self.sampling.seed)
        self._shift: LogitShift | None = None

    @property
    def reader(self) -> Version | None:
        """What besides the base reads the row: others' keys and values are of no use to it."""
        return self.ticket.adapter

    @property
    def reusable(self) -> int:
        """How many tokens others may have read for it; the rest brings the logits it needs."""
        return min(len(self.tokens), self.scored) - 1

    @property
    def unread(self) -> int:
        """Tokens to run before the next one can be chosen: 1 unless the prompt is still read."""
        return len(self.tokens) - self.stored

    @property
    def generated(self) -> int:
        """Tokens generated so far."""
        return len(self.tokens) - self.prompt_tokens

    def unscored(self, span: Span) -> list[int]:
        """Return the prompt's tokens whose probabilities a span brings and nobody knows yet."""
        # Every token's logits are about the token after it.
        ids = self.ticket.request.prompt_ids
        return list(ids[max(self.scored, span.start + 1) : span.stop + 1])

    def choice(self, logits_V: Tensor, forbidden_V: Tensor | None) -> RowSampling:
        """Return how the next token is chosen; every call advances the row's random source."""
        if self._shift is None and shifts_logits(self.sampling):
            self._shift = LogitShift(
                self.sampling, vocabulary=len(logits_V), device=logits_V.device
            )
        return RowSampling(
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            uniform=self._random.random(),
            top_logprobs=self.sampling.top_logprobs,
            shift_V=self._shift and self._shift.shift_V,
            forbidden_V=forbidden_V,
        )

    def accept(self, token: int) -> None:
        """Add a generated token."""
        self.tokens.append(token)
        if self._shift is not None:
            self._shift.count(token)
        if self.grammar is not None:
            self.grammar.accept(token)
