"""One step of continuous batching: a token for every row, and beside it a chunk of new prompts.

Dimensions: N rows that take part, V vocabulary, L logits of the step: one of each row, and all of a
prompt that is scored.
"""

import time
from collections.abc import Sequence
from itertools import accumulate
from math import isfinite
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.inference.engine.masks import forbidden_tokens
from understudy.inference.engine.prefixes import WORTH_REUSING, shared_length
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.sampling import choose, score
from understudy.inference.engine.seen_images import SeenImages, look
from understudy.inference.engine.tickets import Ticket
from understudy.inference.engine.waiting import Clock, WaitingRows
from understudy.inference.forward.adapters import AdapterBank
from understudy.inference.forward.forwards import Forward
from understudy.inference.forward.layout import Span
from understudy.inference.protocol import (
    Event,
    FinishEvent,
    Fit,
    GenerateRequest,
    Priority,
    PromptEvent,
    StartEvent,
    TokenEvent,
)
from understudy.modeling.vision.features import ImageFeatures

_SCORED_CHUNK = 128
"""Prompt tokens scored at a time: the logits of all of them are in memory."""


class Output(NamedTuple):
    """Something that happened to a row in a step."""

    ticket: Ticket
    event: Event | UnderstudyError


class Engine:
    """Runs the rows of one base model. Belongs to one thread."""

    def __init__(
        self,
        forward: Forward,
        bank: AdapterBank,
        *,
        vocabulary: int,
        weight_bytes: int,
        chunk_tokens: int,
        fit: Fit,
        worth_reusing: int = WORTH_REUSING,
        worth_waiting: int = WORTH_REUSING,
        features: ImageFeatures | None = None,
        image_token: int | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Fewer tokens than `worth_reusing` are read again instead of copied from another row.

        While another row still reads them, `worth_waiting` must be shared, or the whole prompt.

        `features` looks at images for a model that reads them, `image_token` stands for them.
        """
        self.bank = bank
        self.weight_bytes = weight_bytes
        self.vocabulary = vocabulary
        self.fit = fit
        self._features = features
        self._image_token = image_token
        self._forward = forward
        self._chunk_tokens = chunk_tokens
        self._worth_reusing = worth_reusing
        self._worth_waiting = worth_waiting
        self._pending = WaitingRows(clock)
        # A row's index is its number in the forward. At most one has more than one unread token.
        self._placed: list[BatchRow] = []

    @property
    def row_count(self) -> int:
        """Rows admitted and not finished."""
        return len(self._pending) + len(self._placed)

    @property
    def has_free_row(self) -> bool:
        """Whether another row may be admitted now."""
        return self.row_count < self._forward.row_limit

    def takes(self, priority: Priority) -> bool:
        """Whether a row that is so urgent may be admitted now: less urgent ones make way for it."""
        rows = [*self._pending, *self._placed]
        return sum(row.priority <= priority for row in rows) < self._forward.row_limit

    @property
    def position_limit(self) -> int:
        """The most tokens that prompt and answer may have together."""
        return self._forward.position_limit

    def look(self, request: GenerateRequest) -> SeenImages | None:
        """Look at the images of a request; raises InvalidRequestError where that cannot be."""
        seen = look(request, self._features, self._image_token)
        if seen is not None and seen.is_read_as_a_whole and not self.fit.is_batched:
            raise InvalidRequestError(
                "This model looks at an image from all sides at once, which is done here only for "
                f"models that answer many requests together; this one {self.fit.words}.",
                param="messages",
                code="unsupported_parameter",
            )
        return seen

    def admit(self, row: BatchRow) -> None:
        """Take a row; its first token comes when its prompt has been read."""
        self._pending.add(row)

    def remove(self, ticket: Ticket) -> None:
        """Forget the row of this ticket, if it is here."""
        with torch.inference_mode():
            for row in [*self._pending, *self._placed]:
                if row.ticket is ticket:
                    self._end(row)
        self._clear_when_empty()

    def tickets(self) -> list[Ticket]:
        """Return the tickets of all rows."""
        return [row.ticket for row in [*self._pending, *self._placed]]

    def step(self) -> list[Output]:
        """Give every row its next token, and read the next chunk of the prompts that wait."""
        with torch.inference_mode():
            self._evict_for_room()
            self._make_way()
            spans = self._plan()
            rows = list(self._placed)
            self.bank.activate([row.adapter for row in rows], [len(span.tokens) for span in spans])
            outputs = _announce(rows)
            logits_LV = self._forward.run(spans)
            outputs += self._score(rows, spans, logits_LV)
            for row, span in zip(rows, spans, strict=True):
                row.stored = span.stop
            if len(logits_LV) > len(rows):
                ends = accumulate(span.logit_count for span in spans)
                logits_LV = logits_LV[[end - 1 for end in ends]]
            outputs += self._continue(rows, logits_LV)
        self._clear_when_empty()
        return outputs

    def _evict_for_room(self) -> None:
        """Send the youngest rows back to wait when the next tokens do not fit in memory."""
        while not self._has_room(self._placed, max(_stored(self._placed)) + 1):
            self._put_back(self._least_urgent())

    def _make_way(self) -> None:
        """Send rows back to wait for which more urgent ones would have to wait."""
        self._pending.promote()
        budget = self._chunk_tokens
        urgent: list[BatchRow] = []
        for row in list(self._pending):
            urgent.append(row)
            self._make_way_for(urgent)
            budget -= row.unread
            # Those after it are not read in this step anyway.
            if budget <= 0:
                return

    def _make_way_for(self, urgent: Sequence[BatchRow]) -> None:
        """Send back what is less urgent than the last of some rows until all of them fit."""
        priority = urgent[-1].priority
        # Prompts are read one after the other, and one may take many steps.
        readers = [row for row in self._placed if row.unread > 1]
        for row in [row for row in readers if row.priority > priority]:
            self._keep_and_put_back(row)
        while self._placed and not self._has_place_for(urgent):
            last = self._least_urgent()
            if last.priority <= priority:
                return
            self._keep_and_put_back(last)

    def _least_urgent(self) -> BatchRow:
        """Return the youngest of the rows that can wait longest."""
        lowest = max(row.priority for row in self._placed)
        return next(row for row in reversed(self._placed) if row.priority == lowest)

    def _keep_and_put_back(self, row: BatchRow) -> None:
        """Send a row back to wait, which finds what it has read when its turn comes again."""
        tokens = row.tokens[: row.stored]
        self._forward.keep(self._placed.index(row), row.reader, tokens)
        self._put_back(row)

    def _put_back(self, row: BatchRow) -> None:
        self._drop(row)
        row.stored = 0
        self._pending.put_back(row)

    def _has_place_for(self, rows: Sequence[BatchRow]) -> bool:
        """Say whether rows fit beside those that are placed, all of each and not a chunk."""
        together = [*self._placed, *rows]
        longest = max(*_stored(self._placed), *(len(row.tokens) for row in rows)) + 1
        return len(together) <= self._forward.row_limit and self._has_room(
            together, min(longest, self.position_limit)
        )

    def _plan(self) -> list[Span]:
        """Say which tokens each row runs in this step; new rows are placed while there is room."""
        budget = self._chunk_tokens
        spans: list[Span] = []
        for row in self._placed:
            spans.append(self._span_of(row, len(spans), budget))
            budget -= len(spans[-1].tokens) if row.unread > 1 else 0
        while budget > 0 and self._pending:
            row = self._pending.first
            if not self._has_place_for([row]) or self._is_being_read(row):
                break
            longest = max(*_stored(self._placed), len(row.tokens))
            self._pending.remove(row)
            self._placed.append(row)
            self._reserve(longest)
            row.stored = self._reuse(row)
            spans.append(self._span_of(row, len(spans), budget))
            budget -= len(spans[-1].tokens)
        self._reserve(max(span.stop for span in spans))
        return spans

    def _reserve(self, least: int) -> None:
        """Make room for so many positions, or for the longest row as a whole if memory allows."""
        whole = max(len(row.tokens) for row in self._placed)
        has_room = self._has_room(self._placed, whole)
        self._forward.reserve(len(self._placed), max(whole, least) if has_room else least)

    def _is_being_read(self, row: BatchRow) -> bool:
        """Say whether a row is worth waiting for because it reads what this one begins with."""
        tokens = row.tokens[: row.reusable]
        for other in self._placed:
            if other.unread > 1 and other.reader == row.reader:
                shared = shared_length(tokens, other.tokens)
                is_whole = shared == len(tokens)
                worth = self._worth_reusing if is_whole else self._worth_waiting
                if shared - other.stored >= worth:
                    return True
        return False

    def _reuse(self, row: BatchRow) -> int:
        """Give the row placed last what is known of its beginning; return how many tokens."""
        tokens, number = row.tokens[: row.reusable], len(self._placed) - 1
        length = source = 0
        for place, other in enumerate(self._placed[:-1]):
            if other.reader == row.reader:
                shared = shared_length(tokens, other.tokens[: other.stored])
                length, source = max((length, source), (shared, place))
            if length == len(tokens):
                break
        recalled = self._forward.recall(number, row.reader, tokens, length + 1)
        if recalled or length < self._worth_reusing:
            return recalled
        self._forward.copy(source, number, length)
        return length

    def _span_of(self, row: BatchRow, number: int, budget: int) -> Span:
        count = min(row.unread, budget)
        if row.scored < row.prompt_tokens:
            count = min(count, _SCORED_CHUNK)
        while count > 1 and not self._has_room(self._placed, row.stored + count):
            count //= 2
        stop = row.stored + count
        if row.images is not None:
            stop = row.images.whole(row.stored, stop)
        span = Span(number, row.stored, row.tokens[row.stored : stop])
        if row.images is not None:
            span = span._replace(shown=row.images.between(row.stored, stop))
        return span._replace(is_scored=bool(row.unscored(span)))

    def _has_room(self, rows: Sequence[BatchRow], positions: int) -> bool:
        return not rows or self._forward.has_room(len(rows), positions)

    def _score(
        self, rows: Sequence[BatchRow], spans: Sequence[Span], logits_LV: Tensor
    ) -> list[Output]:
        """Report the probabilities of the prompts that are to be scored."""
        outputs: list[Output] = []
        if not any(span.is_scored for span in spans):
            return []
        parts = logits_LV.split([span.logit_count for span in spans])
        for row, span, part_TV in zip(rows, spans, parts, strict=True):
            if targets := row.unscored(span):
                # A row that was sent back to wait reads again what it has reported already.
                begin = row.scored - span.start - 1
                part_TV = part_TV[begin : begin + len(targets)]
                scored = score(part_TV, targets, row.sampling.top_logprobs)
                row.scored += len(targets)
                outputs.append(Output(row.ticket, PromptEvent(scored)))
        return outputs

    def _continue(self, rows: Sequence[BatchRow], logits_NV: Tensor) -> list[Output]:
        """Choose the next token of every row that has been read to its end."""
        ready = [number for number, row in enumerate(rows) if row.unread == 0]
        if len(ready) < len(rows):
            rows, logits_NV = [rows[number] for number in ready], logits_NV[ready]
        if not rows:
            return []
        forbidden = forbidden_tokens([row.grammar for row in rows], logits_NV)
        choices = [
            row.choice(logits_V, forbidden_V)
            for row, logits_V, forbidden_V in zip(rows, logits_NV, forbidden, strict=True)
        ]
        chosen = choose(logits_NV, choices)
        outputs: list[Output] = []
        events = map(TokenEvent, chosen.tokens, chosen.logprobs, chosen.likeliest)
        for row, event in zip(rows, events, strict=True):
            outputs += self._accept(row, event)
        return outputs

    def _accept(self, row: BatchRow, event: TokenEvent) -> list[Output]:
        if not isfinite(event.logprob):
            self._forward.erase(self._placed.index(row))
            self._drop(row)
            return [Output(row.ticket, _not_finite())]
        if row.sampling.max_tokens == 0:
            self._end(row)
            return [Output(row.ticket, _finish(row, "length"))]
        if row.grammar is not None and row.grammar.problem is not None:
            self._end(row)
            problem = (
                f"The schemas of this request cannot be followed further: {row.grammar.problem}"
            )
            return [Output(row.ticket, InvalidRequestError(problem))]
        if event.token_id in row.sampling.stop_ids:
            self._end(row)
            last = [Output(row.ticket, event)] if row.sampling.reports_stop else []
            return [*last, Output(row.ticket, _finish(row, "stop"))]
        row.accept(event.token_id)
        outputs = [Output(row.ticket, event)]
        is_full = len(row.tokens) >= self.position_limit
        if is_full or row.generated >= row.sampling.max_tokens:
            self._end(row)
            outputs.append(Output(row.ticket, _finish(row, "length")))
        return outputs

    def _end(self, row: BatchRow) -> None:
        """Take a row out whose keys and values are good for others."""
        if row in self._placed:
            tokens = row.tokens[: row.stored]
            self._forward.keep(self._placed.index(row), row.reader, tokens)
        self._drop(row)

    def _drop(self, row: BatchRow) -> None:
        """Take a row out; the last one takes its number, so that there is no gap."""
        if row in self._pending:
            self._pending.remove(row)
            return
        number, last = self._placed.index(row), self._placed[-1]
        if last is not row:
            self._forward.copy(len(self._placed) - 1, number, last.stored)
            self._placed[number] = last
        self._placed.pop()

    def _clear_when_empty(self) -> None:
        if not self.row_count:
            self._forward.clear()


def _stored(rows: Sequence[BatchRow]) -> list[int]:
    return [0, *(row.stored for row in rows)]


def _announce(rows: Sequence[BatchRow]) -> list[Output]:
    """Report of every new row how much of its prompt need not be read."""
    new = [row for row in rows if not row.is_announced]
    for row in new:
        row.is_announced = True
    return [Output(row.ticket, StartEvent(cached_tokens=row.stored)) for row in new]


def _finish(row: BatchRow, reason: Literal["stop", "length"]) -> FinishEvent:
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
