"""Compaction of a conversation: a summary that the model itself writes of what was said."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.answering.answer import Answer
from understudy.answering.models import AnsweringModel, ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.responses.conversation import ASKED_FOR_SUMMARY, conversation_of
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.chat.messages import Message, Role
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.ids import hex_id
from understudy.schemas.responses.items import CompactionItem, Item, MessageItem
from understudy.wording import worded

# A summary may be this part of the context; the conversation that goes on has the rest.
_SUMMARY_SHARE = 8


@dataclass(frozen=True, kw_only=True)
class CompactionParts:
    """What becomes of the items of a conversation."""

    rules: tuple[Item, ...]
    """Messages of the system or the developer, which stay word for word."""
    summarised: tuple[Item, ...]
    """Everything else up to the last answer; empty where there is no answer yet."""
    unanswered: tuple[Item, ...]
    """What came after the last answer, which stays word for word."""


def compaction_parts(items: Sequence[Item]) -> CompactionParts:
    """Return which items are summarised and which stay."""
    end = next((at for at in range(len(items), 0, -1) if not _is_heard(items[at - 1])), 0)
    earlier = items[:end]
    return CompactionParts(
        rules=tuple(item for item in earlier if _is_rule(item)),
        summarised=tuple(item for item in earlier if not _is_rule(item)),
        unanswered=tuple(items[end:]),
    )


def summary_plan(
    parts: CompactionParts,
    name: str,
    model: AnsweringModel,
    instructions: str | None,
    images: ImageSource,
) -> AnswerPlan:
    """Return how a model is asked for the summary; blocks for images.

    Raises InvalidRequestError for a conversation that could not be answered either.
    """
    said = conversation_of((*parts.rules, *parts.summarised), instructions, images)
    is_own = isinstance(model, ServedModel)
    return AnswerPlan(
        model=name,
        messages=(*said, Message(role=Role.USER, content=ASKED_FOR_SUMMARY)),
        temperature=0.0,
        max_tokens=max(1, model.renderer.context_length // _SUMMARY_SHARE) if is_own else None,
    )


def compacted_items(
    parts: CompactionParts, answer: Answer, seal: ReasoningSeal
) -> tuple[Item, ...]:
    """Return the conversation with the summary in place of what it summarises.

    Raises InvalidRequestError where the model wrote none: then nothing could take the place.
    """
    summary = answer.choices[0].text.strip()
    if not summary:
        raise InvalidRequestError(
            worded(
                "chat.model_wrote_no_summary",
                "The model wrote no summary of the conversation. Name another model, "
                "or send the whole conversation with 'truncation': 'auto', which "
                "leaves out the oldest turns.",
            ),
            code="no_summary",
            param="model",
        )
    item = CompactionItem(id=hex_id("cmp_"), encrypted_content=seal.close(summary), content=summary)
    return (*parts.rules, item, *parts.unanswered)


def _is_heard(item: Item) -> bool:
    return isinstance(item, MessageItem) and item.role != "assistant"


def _is_rule(item: Item) -> bool:
    return isinstance(item, MessageItem) and item.role in ("system", "developer")
