"""Answers of Completions as the objects that stand on the wire: whole, or piece by piece."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from understudy.answering.completions.logprobs import LogprobsWriter
from understudy.answering.completions.plan import TextPlan, TextPrompt
from understudy.answering.decoding import AnswerEnd, AnswerPiece, Decoded, ScoredPrompt
from understudy.answering.padding import padding_for
from understudy.chat.parsing.deltas import TextDelta
from understudy.ids import new_id, unix_now
from understudy.inference.protocol import TokenEvent
from understudy.schemas.chat.answer import PromptTokensDetails, Usage
from understudy.schemas.completions import (
    TextChoice,
    TextCompletion,
    TextCompletionWithUsage,
    TextLogprobs,
)


@dataclass
class _TextAnswer:
    """One answer while its pieces come in."""

    text: str = ""
    tokens: list[TokenEvent] = field(default_factory=list[TokenEvent])
    prompt_tokens: Sequence[TokenEvent] = ()
    end: AnswerEnd | None = None


class TextDraft:
    """All answers of a request while they are made."""

    def __init__(self, plan: TextPlan) -> None:
        self.id = new_id("cmpl-", 29)
        self.created = unix_now()
        self._plan = plan
        self._answers = [_TextAnswer() for _ in range(len(plan.prompts) * plan.candidates)]

    def add(self, piece: ScoredPrompt | AnswerPiece | AnswerEnd) -> None:
        """Take the next piece of any answer."""
        answer = self._answers[piece.choice]
        match piece:
            case ScoredPrompt():
                answer.prompt_tokens = piece.tokens
            case AnswerPiece(delta=TextDelta(text)):
                answer.text += text
                answer.tokens += piece.tokens
            case AnswerPiece():
                raise AssertionError("texts hold neither calls nor reasoning")
            case AnswerEnd():
                answer.end = piece

    def completion(self) -> TextCompletion:
        """Return the whole answer: of each prompt's answers the likeliest."""
        plan = self._plan
        choices: list[TextChoice] = []
        for number, prompt in enumerate(plan.prompts):
            first = number * plan.candidates
            made = self._answers[first : first + plan.candidates]
            # Where there is no choice among them, answers keep the order of their seeds.
            best = made if plan.candidates == plan.choices else sorted(made, key=_badness)
            for answer in best[: plan.choices]:
                choices.append(self._choice(len(choices), prompt, answer))
        return self._with_usage(choices)

    def piece(self, index: int, text: str, logprobs: TextLogprobs | None) -> TextCompletion:
        """Return a piece of a stream."""
        return self._chunk(
            TextChoice(index=index, text=text, logprobs=logprobs, finish_reason=None)
        )

    def end(self, end: AnswerEnd) -> TextCompletion:
        """Return the piece of a stream that ends an answer."""
        return self._chunk(
            TextChoice(index=end.choice, text="", logprobs=None, finish_reason=_finish_reason(end))
        )

    def last(self) -> TextCompletion:
        """Return the piece of a stream that brings the usage."""
        return self._with_usage([])

    def usage(self) -> Usage:
        """Return the tokens read and written so far; a prompt counts once."""
        read = sum(len(prompt.ids) for prompt in self._plan.prompts)
        written = sum(len(answer.end.ids) for answer in self._answers if answer.end is not None)
        return Usage(
            prompt_tokens=read,
            completion_tokens=written,
            total_tokens=read + written,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=self._cached_tokens()),
        )

    def _cached_tokens(self) -> int:
        """Return how much of the prompts had been read; the answer that read most read for all."""
        size = self._plan.candidates
        starts = range(0, len(self._answers), size)
        ends = [
            [a.end for a in self._answers[at : at + size] if a.end is not None] for at in starts
        ]
        return sum(min((end.cached_tokens for end in some), default=0) for some in ends)

    def _choice(self, index: int, prompt: TextPrompt, answer: _TextAnswer) -> TextChoice:
        assert answer.end is not None
        logprobs = None
        if self._plan.top_logprobs is not None:
            writer = LogprobsWriter(self._plan, prompt)
            if self._plan.is_echoed:
                writer.add_prompt(answer.prompt_tokens)
            writer.add(answer.tokens)
            logprobs = writer.take()
        echo = prompt.text if self._plan.is_echoed else ""
        return TextChoice(
            index=index,
            text=echo + answer.text,
            logprobs=logprobs,
            finish_reason=_finish_reason(answer.end),
        )

    def _chunk(self, choice: TextChoice) -> TextCompletion:
        padding = padding_for(choice.text) if self._plan.is_obfuscated else None
        piece = self._completion([choice], padding)
        if not self._plan.is_usage_streamed:
            return piece
        return TextCompletionWithUsage(**dict(piece), usage=None)

    def _with_usage(self, choices: Sequence[TextChoice]) -> TextCompletion:
        return TextCompletionWithUsage(**dict(self._completion(choices)), usage=self.usage())

    def _completion(
        self, choices: Sequence[TextChoice], padding: str | None = None
    ) -> TextCompletion:
        return TextCompletion(
            id=self.id,
            created=self.created,
            model=self._plan.model.name,
            choices=choices,
            system_fingerprint=self._plan.model.fingerprint,
            obfuscation=padding,
        )


async def whole_text(draft: TextDraft, pieces: Decoded) -> TextCompletion:
    """Collect all answers to their ends."""
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
    return draft.completion()


async def text_chunks(
    draft: TextDraft, plan: TextPlan, pieces: Decoded
) -> AsyncGenerator[TextCompletion, None]:
    """Yield the answers piece by piece; with usage, a last piece without choices brings it."""
    writers: dict[int, LogprobsWriter] = {}
    async with aclosing(pieces):
        async for piece in pieces:
            draft.add(piece)
            prompt = plan.prompts[piece.choice // plan.candidates]
            if piece.choice not in writers:
                writers[piece.choice] = writer = LogprobsWriter(plan, prompt)
                if plan.is_echoed:
                    if isinstance(piece, ScoredPrompt):
                        writer.add_prompt(piece.tokens)
                    logprobs = writer.take() if plan.is_prompt_scored else None
                    yield draft.piece(piece.choice, prompt.text, logprobs)
            if isinstance(piece, AnswerEnd):
                yield draft.end(piece)
            elif isinstance(piece, AnswerPiece) and isinstance(piece.delta, TextDelta):
                writers[piece.choice].add(piece.tokens)
                taken = writers[piece.choice].take()
                logprobs = taken if plan.top_logprobs is not None else None
                yield draft.piece(piece.choice, piece.delta.text, logprobs)
    if plan.is_usage_streamed:
        yield draft.last()


def _badness(answer: _TextAnswer) -> float:
    """Return the negative mean log-probability of an answer's tokens; 0 when it has none."""
    logprobs = answer.end.logprobs if answer.end is not None else ()
    return -sum(logprobs) / max(1, len(logprobs))


def _finish_reason(end: AnswerEnd) -> Literal["stop", "length"]:
    return "length" if end.finish_reason == "length" else "stop"
