"""Scores every label on what was held out, for jobs whose data has a closed set of answers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

from understudy.answering.asking import Asker
from understudy.answering.decisions.asking import answer_ids
from understudy.answering.decisions.probabilities import LabelledScores
from understudy.answering.decisions.scoring import score_answers
from understudy.answering.models import AnsweringModel, ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import instructed, make_prompt
from understudy.data.examples import ChatExample
from understudy.data.files.parse import parse_chat_file
from understudy.data.images.sources import ImageSource
from understudy.errors import UnderstudyError
from understudy.evals.report_cards.labels import (
    MIN_EXAMPLES,
    LabelCard,
    LabelledExample,
    label_set,
    labelled,
    shared_system_prompt,
)
from understudy.ids import new_request_id

MAX_SCORED = 200
"""Held-out examples on which labels are scored."""
_AT_ONCE = 4


async def label_card(
    held_out: Sequence[ChatExample],
    training: Path,
    images: ImageSource,
    model: AnsweringModel,
    *,
    asker: Asker,
    seed: int,
) -> LabelCard | None:
    """Return how a tuned model chooses from its labels; None where its data has none.

    None too where too few examples can be scored.
    """
    found = labelled(held_out)
    if found is None or label_set((), found) is None or not isinstance(model, ServedModel):
        return None
    labels = await asyncio.to_thread(_all_labels, training, images, found)
    if labels is None:
        return None
    chosen = found if len(found) <= MAX_SCORED else Random(seed).sample(found, MAX_SCORED)
    turns = asyncio.Semaphore(_AT_ONCE)
    scored = await asyncio.gather(*(_scored(asker, model, labels, x, turns) for x in chosen))
    known = tuple(each for each in scored if each is not None)
    if len(known) < MIN_EXAMPLES:
        return None
    return LabelCard(labels=labels, system_prompt=shared_system_prompt(found), scored=known)


def _all_labels(
    training: Path, images: ImageSource, held_out: Sequence[LabelledExample]
) -> tuple[str, ...] | None:
    with training.open("rb") as lines:
        examples = parse_chat_file(lines, images=images).examples
    found = labelled([example for example in examples if any(example.trained)])
    return None if found is None else label_set(found, held_out)


async def _scored(
    asker: Asker,
    model: ServedModel,
    labels: tuple[str, ...],
    each: LabelledExample,
    turns: asyncio.Semaphore,
) -> LabelledScores | None:
    """Score every label as the answer of an example; None when the model cannot be asked."""
    example = each.example
    messages = instructed(example.messages[: each.at], model.system_prompt)
    plan = AnswerPlan(model=model.name, messages=messages, tools=example.tools)
    try:
        async with turns:
            prompt = await asyncio.to_thread(make_prompt, plan, model)
            answers = await asyncio.to_thread(
                answer_ids, prompt, messages, labels, tools=example.tools, path="messages"
            )
            found = await score_answers(
                asker.engine,
                prompt,
                answers,
                request_id=new_request_id(),
                patience=asker.patience,
            )
    except UnderstudyError:
        return None
    return LabelledScores(scores=found.log_probabilities, right=labels.index(each.label))
