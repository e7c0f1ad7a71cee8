"""A guard model of this server, asked through the engine in its own prompt."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from understudy.answering.asking import Asker, Attempts
from understudy.answering.models import ServedModel
from understudy.answering.moderation.finding import find_moderator
from understudy.answering.moderation.together import together
from understudy.chat.messages import Message
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import (
    InvalidRequestError,
    ModerationFaultError,
    OverloadedError,
    UnavailableError,
)
from understudy.ids import new_request_id
from understudy.inference.protocol import GenerateRequest, Sampling, TokenEvent
from understudy.safety.guards.guard import Guard, GuardPrompt, GuardQuestion, Judged
from understudy.safety.guards.reading import (
    Place,
    ScoredToken,
    find_categories,
    find_verdict,
    shares,
    unsafe_share,
)
from understudy.safety.judgement import CategoryJudgement, ModerationJudgement
from understudy.wording import worded

_LIKELIEST = 20
# More than any two logits differ: the token is chosen, and reported as likely as it is without.
_CERTAIN = 1000.0


@dataclass(frozen=True, kw_only=True)
class GuardModel:
    """A base of this server that was taught to judge."""

    name: str
    base: str
    guard: Guard
    asker: Asker

    @property
    def judged_categories(self) -> frozenset[str]:
        """Return the categories that the guard was taught."""
        return self.guard.judged_categories

    async def reads_images(self) -> bool:
        """Say no: the guards that are known here were taught with texts alone."""
        return False

    async def check(self) -> None:
        """Raise UnavailableError when the base or the engine is not there."""
        await self._find()
        await self.asker.engine.stats()

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        """Return the judgement of the last message, of one answer or of one for each category."""
        model = await self._find()
        questions = self.guard.ask(conversation)
        answers = await together(self._ask(model, question) for question in questions)
        return _joined(self.name, answers)

    async def _find(self) -> ServedModel:
        served = self.asker.served
        return await find_moderator(self.name, lambda: served.find_own("", self.base))

    async def _ask(self, model: ServedModel, question: GuardQuestion) -> "_Answered":
        vocabulary = model.renderer.vocabulary
        prompt = await asyncio.to_thread(prompt_ids, vocabulary, question.prompt)
        self._check_length(model, len(prompt))
        events = await self._generate(model, prompt, self.guard.max_tokens)
        tokens = [_scored(vocabulary, event) for event in events]
        place = find_verdict(self.guard, tokens)
        probabilities = shares(tokens[place.token], self.guard.labels)
        before = (*prompt, *(event.token_id for event in events[: place.token]))
        for label in self.guard.labels.keys() - probabilities.keys():
            probabilities[label] = await self._probability(model, before, place, label)
        score = unsafe_share(self.guard, probabilities)
        return _Answered(
            categories=find_categories(self.guard, question, tokens, place, score),
            is_flagged=self.guard.labels[place.label],
        )

    def _check_length(self, model: ServedModel, tokens: int) -> None:
        longest = model.renderer.context_length - self.guard.max_tokens
        if tokens > longest:
            raise InvalidRequestError(
                worded(
                    "chat.text_too_long_moderation",
                    "The text is too long for the moderation model {name}: with its "
                    "questions it has {tokens} tokens, and there is room for "
                    "{longest}. It was not judged; send it in parts.",
                    name=self.name,
                    tokens=tokens,
                    longest=longest,
                ),
                code="context_length_exceeded",
                param="input",
            )

    async def _generate(
        self,
        model: ServedModel,
        prompt: Sequence[int],
        max_tokens: int,
        bias: tuple[tuple[int, float], ...] = (),
    ) -> list[TokenEvent]:
        request = GenerateRequest(
            request_id=new_request_id(),
            model=model.weights,
            prompt_ids=tuple(prompt),
            sampling=Sampling(
                temperature=0.0,
                top_p=1.0,
                max_tokens=max_tokens,
                seed=None,
                stop_ids=() if bias else model.renderer.stop_ids,
                top_logprobs=_LIKELIEST,
                frequency_penalty=0.0,
                presence_penalty=0.0,
                logit_bias=bias,
            ),
        )
        attempts = Attempts(self.asker.patience)
        while True:
            try:
                async with aclosing(self.asker.engine.generate(request)) as events:
                    return [event async for event in events if isinstance(event, TokenEvent)]
            except (OverloadedError, UnavailableError) as error:
                await attempts.wait_after(error)

    async def _probability(
        self, model: ServedModel, before: Sequence[int], place: Place, label: str
    ) -> float:
        """Return the probability of a label that is none of the likeliest: it is made to come."""
        written = label.capitalize() if place.is_capital else label
        token = model.renderer.vocabulary.encode(place.lead + written)[0]
        events = await self._generate(model, before, 1, ((token, _CERTAIN),))
        if len(events) != 1 or events[0].token_id != token:
            raise ModerationFaultError(
                worded(
                    "chat.engine_did_not_say",
                    "The engine did not say how likely '{label}' is, so the text was not judged.",
                    label=label,
                ),
                code="moderation_unreadable",
            )
        return _scored(model.renderer.vocabulary, events[0]).probability


def prompt_ids(vocabulary: Vocabulary, prompt: GuardPrompt) -> list[int]:
    """Return the tokens of a prompt; control tokens stand only where the prompt itself has them.

    Raises InvalidRequestError for a text with characters that no text may have.
    """
    return vocabulary.encode(
        "".join(
            vocabulary.guard(part.text) if isinstance(part, Judged) else part for part in prompt
        )
    )


@dataclass(frozen=True, kw_only=True)
class _Answered:
    """What one answer of a guard says."""

    categories: Mapping[str, CategoryJudgement]
    is_flagged: bool


def _joined(name: str, answers: Sequence[_Answered]) -> ModerationJudgement:
    return ModerationJudgement(
        moderator=name,
        categories={
            category: judgement
            for answer in answers
            for category, judgement in answer.categories.items()
        },
        is_flagged=any(answer.is_flagged for answer in answers),
    )


def _scored(vocabulary: Vocabulary, event: TokenEvent) -> ScoredToken:
    def text(token_id: int) -> str:
        return vocabulary.bytes_of(token_id).decode(errors="replace")

    return ScoredToken(
        text=text(event.token_id),
        logprob=event.logprob,
        likeliest=tuple((text(likely.token_id), likely.logprob) for likely in event.likeliest),
    )
