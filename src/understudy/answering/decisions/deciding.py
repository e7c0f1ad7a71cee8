"""Answers all questions of a decision, and writes them as they stand on the wire."""

from collections.abc import Sequence

from understudy.answering.asking import Patience
from understudy.answering.decisions.asking import AskedQuestion
from understudy.answering.decisions.plan import Kind
from understudy.answering.decisions.probabilities import label_mass, probabilities
from understudy.answering.decisions.scoring import ScoredAnswers, score_answers
from understudy.answering.models import ServedModel
from understudy.answering.moderation.together import together
from understudy.inference.client import EngineClient
from understudy.schemas.decisions import (
    ChoiceAnswer,
    ChoiceProbability,
    Decision,
    DecisionAnswer,
    DecisionInputDetails,
    DecisionUsage,
    LevelProbability,
    PredicateAnswer,
    ScoreAnswer,
)

_QUESTIONS_AT_ONCE = 4
# A client waits for the answer: that the engine is away is reported at once.
_NONE = Patience(seconds=0.0)


async def decide(
    engine: EngineClient, model: ServedModel, asked: Sequence[AskedQuestion], request_id: str
) -> Decision:
    """Return the answers to all questions; raises what `EngineClient.generate` raises."""
    scored: list[ScoredAnswers] = []
    for start in range(0, len(asked), _QUESTIONS_AT_ONCE):
        scored += await together(
            score_answers(
                engine,
                each.prompt,
                each.answers,
                request_id=f"{request_id}-{start + at}",
                patience=_NONE,
            )
            for at, each in enumerate(asked[start : start + _QUESTIONS_AT_ONCE])
        )
    read = sum(len(each.prompt.ids) for each in asked)
    cached = sum(each.cached_tokens for each in scored)
    return Decision(
        model=model.name,
        answers=[_answer(each, found) for each, found in zip(asked, scored, strict=True)],
        usage=DecisionUsage(
            input_tokens=read,
            input_tokens_details=DecisionInputDetails(cached_tokens=cached),
            total_tokens=read,
        ),
    )


def _answer(asked: AskedQuestion, scored: ScoredAnswers) -> DecisionAnswer:
    question = asked.question
    likely = probabilities(scored.log_probabilities, asked.temperature)
    best = max(range(len(likely)), key=likely.__getitem__)
    name, mass = question.name, label_mass(scored.log_probabilities)
    temperature, as_trained = asked.temperature, asked.is_as_trained
    if question.kind is Kind.PREDICATE:
        return PredicateAnswer(
            name=name,
            probability=likely[0],
            label_mass=mass,
            temperature=temperature,
            as_trained=as_trained,
        )
    if question.kind is Kind.CHOICE:
        return ChoiceAnswer(
            name=name,
            choice=question.options[best].value,
            confidence=likely[best],
            probabilities=[
                ChoiceProbability(value=option.value, probability=probability)
                for option, probability in zip(question.options, likely, strict=True)
            ],
            label_mass=mass,
            temperature=temperature,
            as_trained=as_trained,
        )
    return ScoreAnswer(
        name=name,
        score=sum(value * probability for value, probability in enumerate(likely)),
        confidence=likely[best],
        probabilities=[
            LevelProbability(label=option.text, value=value, probability=probability)
            for value, (option, probability) in enumerate(
                zip(question.options, likely, strict=True)
            )
        ],
        label_mass=mass,
        temperature=temperature,
        as_trained=as_trained,
    )
