"""One step of continuous batching: a token for every row, and beside it a chunk of new prompts.

Dimensions: N rows that take part, V vocabulary, L logits of the step: one of each row, and all of a
prompt that is scored.
"""

from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import isfinite
from random import Random
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.inference.adapters import AdapterBank, ServedAdapter
from understudy.inference.attention import Span
from understudy.inference.forwards import Forward
from understudy.inference.protocol import Event, FinishEvent, PromptEvent, TokenEvent
from understudy.inference.sampling import Choice, LogitShift, choose, score, shifts_logits
from understudy.inference.tickets import Ticket

_SCORED_CHUNK = 128
"""Prompt tokens scored at a time: the logits of all of them are in memory."""


class Row:
    """One answer in the making."""

    def __init__(self, ticket: Ticket, adapter: ServedAdapter | None) -> None:
        self.ticket = ticket
        self.adapter = adapter
        self.sampling = ticket.request.sampling
        self.prompt_tokens = len(ticket.request.prompt_ids)
        # The prompt and what has been generated; the first `stored` of them are in the cache.
        self.tokens = list(ticket.request.prompt_ids)
        self.stored = 0
        # The prompt's tokens whose probabilities are told, or need not be; the first has none.
        self.scored = 1 if ticket.request.prompt_logprobs else self.prompt_tokens
        # The row's own source, so that its draws do not depend on its neighbours.
        self._random = Random(self.sampling.seed)
        self._shift: LogitShift | None = None

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
        # Every token's logits are about the token behind it.
        return self.tokens[
            max(self.scored, span.start + 1) : min(self.prompt_tokens, span.stop + 1)
        ]

    def choice(self, logits_V: Tensor) -> Choice:
        """Return how the next token is chosen; every call advances the row's random source."""
        if self._shift is None and shifts_logits(self.sampling):
            self._shift = LogitShift(
                self.sampling, vocabulary=len(logits_V), device=logits_V.device
            )
        return Choice(
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            uniform=self._random.random(),
            top_logprobs=self.sampling.top_logprobs,
            shift_V=self._shift and self._shift.shift_V,
        )

    def accept(self, token: int) -> None:
        """Add a generated token."""
        self.tokens.append(token)
        if self._shift is not None:
            self._shift.count(token)


class Output(NamedTuple):
    """Something that happened to a row in a step."""

    ticket: Ticket
    event: Event | UnderstudyError


class Engine:
    """Runs the rows of one base model. Belongs to one thread."""

    def __init__(
        self, forward: Forward, bank: AdapterBank, *, vocabulary: int, chunk_tokens: int
    ) -> None:
        self.bank = bank
        self.vocabulary = vocabulary
        self._forward = forward
        self._chunk_tokens = chunk_tokens
        self._pending: deque[Row] = deque()
        # A row's index is its number in the forward. At most one has more than one unread token.
        self._placed: list[Row] = []

    @property
    def row_count(self) -> int:
        """Rows admitted and not finished."""
        return len(self._pending) + len(self._placed)

    @property
    def has_free_row(self) -> bool:
        """Whether another row may be admitted now."""
        return self.row_count < self._forward.row_limit

    @property
    def position_limit(self) -> int:
        """The most tokens that prompt and answer may have together."""
        return self._forward.position_limit

    def admit(self, row: Row) -> None:
        """Take a row; its first token comes when its prompt has been read."""
        self._pending.append(row)

    def remove(self, ticket: Ticket) -> None:
        """Forget the row of this ticket, if it is here."""
        with torch.inference_mode():
            for row in [*self._pending, *self._placed]:
                if row.ticket is ticket:
                    self._drop(row)
        self._clear_when_empty()

    def tickets(self) -> list[Ticket]:
        """Return the tickets of all rows."""
        return [row.ticket for row in [*self._pending, *self._placed]]

    def step(self) -> list[Output]:
        """Give every row its next token, and read the next chunk of the prompts that wait."""
        with torch.inference_mode():
            self._evict_for_room()
            spans = self._plan()
            rows = list(self._placed)
            self.bank.activate([row.adapter for row in rows], [len(span.tokens) for span in spans])
            logits_LV = self._forward.run(spans)
            outputs = self._score(rows, spans, logits_LV)
            for row, span in zip(rows, spans, strict=True):
                row.stored = span.stop
            lasts = list(accumulate(span.logit_count for span in spans))
            outputs += self._continue(rows, logits_LV[[last - 1 for last in lasts]])
        self._clear_when_empty()
        return outputs

    def _evict_for_room(self) -> None:
        """Send the youngest rows back to wait when the next tokens do not fit in memory."""
        while not self._has_room(self._placed, max(_stored(self._placed)) + 1):
            youngest = self._placed[-1]
            self._drop(youngest)
            youngest.stored = 0
            self._pending.appendleft(youngest)

    def _plan(self) -> list[Span]:
        """Say which tokens each row runs in this step; new rows are placed while there is room."""
        budget = self._chunk_tokens
        spans: list[Span] = []
        for row in self._placed:
            spans.append(self._span_of(row, len(spans), budget))
            budget -= len(spans[-1].tokens) if row.unread > 1 else 0
        while budget > 0 and self._pending:
            row = self._pending[0]
            longest = max(*_stored(self._placed), len(row.tokens)) + 1
            # All of the row, not of the chunk: half a prompt in memory helps nobody.
            if not self._has_room([*self._placed, row], min(longest, self.position_limit)):
                break
            self._placed.append(self._pending.popleft())
            spans.append(self._span_of(row, len(spans), budget))
            budget -= len(spans[-1].tokens)
        self._forward.reserve(len(spans), max(span.stop for span in spans))
        return spans

    def _span_of(self, row: Row, number: int, budget: int) -> Span:
        count = min(row.unread, budget)
        if row.scored < row.prompt_tokens:
            count = min(count, _SCORED_CHUNK)
        while count > 1 and not self._has_room(self._placed, row.stored + count):
            count //= 2
        span = Span(number, row.stored, row.tokens[row.stored : row.stored + count])
        return span._replace(is_scored=bool(row.unscored(span)))

    def _has_room(self, rows: Sequence[Row], positions: int) -> bool:
        return not rows or self._forward.has_room(len(rows), positions)

    def _score(self, rows: Sequence[Row], spans: Sequence[Span], logits_LV: Tensor) -> list[Output]:
        """Tell the probabilities of the prompts that are to be scored."""
        outputs: list[Output] = []
        parts = logits_LV.split([span.logit_count for span in spans])
        for row, span, part_TV in zip(rows, spans, parts, strict=True):
            if targets := row.unscored(span):
                # A row that was sent back to wait reads again what it has told already.
                begin = row.scored - span.start - 1
                part_TV = part_TV[begin : begin + len(targets)]
                told = score(part_TV, targets, row.sampling.top_logprobs)
                row.scored += len(targets)
                outputs.append(Output(row.ticket, PromptEvent(told)))
        return outputs

    def _continue(self, rows: Sequence[Row], logits_NV: Tensor) -> list[Output]:
        """Choose the next token of every row that has been read to its end."""
        ready = [number for number, row in enumerate(rows) if row.unread == 0]
        if not ready:
            return []
        choices = [rows[number].choice(logits_NV[number]) for number in ready]
        chosen = choose(logits_NV[ready], choices)
        outputs: list[Output] = []
        events = map(TokenEvent, chosen.tokens, chosen.logprobs, chosen.likeliest)
        for number, event in zip(ready, events, strict=True):
            outputs += self._accept(rows[number], event)
        return outputs

    def _accept(self, row: Row, event: TokenEvent) -> list[Output]:
        if not isfinite(event.logprob):
            self._forward.erase(self._placed.index(row))
            self._drop(row)
            return [Output(row.ticket, _not_finite())]
        if row.sampling.max_tokens == 0:
            self._drop(row)
            return [Output(row.ticket, _finish(row, "length"))]
        if event.token_id in row.sampling.stop_ids:
            self._drop(row)
            return [Output(row.ticket, _finish(row, "stop"))]
        row.accept(event.token_id)
        outputs = [Output(row.ticket, event)]
        is_full = len(row.tokens) >= self.position_limit
        if is_full or row.generated >= row.sampling.max_tokens:
            self._drop(row)
            outputs.append(Output(row.ticket, _finish(row, "length")))
        return outputs

    def _drop(self, row: Row) -> None:
        """Take a row out; the last one takes its number, so that there is no gap."""
        if row in self._pending:
            self._pending.remove(row)
            return
        number, last = self._placed.index(row), self._placed[-1]
        if last is not row:
            self._forward.move(len(self._placed) - 1, number, last.stored)
            self._placed[number] = last
        self._placed.pop()

    def _clear_when_empty(self) -> None:
        if not self.row_count:
            self._forward.clear()


def _stored(rows: Sequence[Row]) -> list[int]:
    return [0, *(row.stored for row in rows)]


def _finish(row: Row, reason: Literal["stop", "length"]) -> FinishEvent:
    return FinishEvent(
        reason=reason,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.generated,
    )


def _not_finite() -> InvalidRequestError:
    return InvalidRequestError(
        "The model's output is not a number; its weights or its adapter are damaged.",
        param="model",
    )
