"""Leaves out the oldest turns of a conversation until the rest fits into a model's context."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from understudy.answering.models import ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import Prompt, TokenHistory, make_prompt
from understudy.chat.messages import Message, Role
from understudy.errors import InvalidRequestError

# What is left for an answer that does not say how long it may be: this part of the context.
_ROOM_SHARE = 8


def make_fitting_prompt(
    plan: AnswerPlan, model: ServedModel, *, history: TokenHistory | None, param: str
) -> Prompt:
    """Render as much of the conversation's end as leaves room for an answer; blocks.

    System messages and the last turn always stay; a call and its results stay or go together.
    Raises InvalidRequestError about `param` when these alone do not fit.
    """
    longest = model.renderer.context_length
    room = min(plan.max_tokens or longest // _ROOM_SHARE, longest // 2)
    turns = _turns(plan.messages)
    droppable = [i for i, turn in enumerate(turns[:-1]) if turn[0].role is not Role.SYSTEM]

    def prompt_without(count: int) -> Prompt:
        dropped = set(droppable[:count])
        kept = (turn for i, turn in enumerate(turns) if i not in dropped)
        shorter = replace(plan, messages=tuple(chain.from_iterable(kept)))
        return make_prompt(shorter, model, history=history if count == 0 else None, param=param)

    def fits(count: int) -> bool:
        try:
            return len(prompt_without(count).ids) <= longest - room
        except InvalidRequestError as error:
            if error.code != "context_length_exceeded":
                raise
            return False

    if fits(0):
        return prompt_without(0)
    # Where nothing leaves the wished room, what leaves some must do.
    return prompt_without(
        min(bisect_left(range(len(droppable) + 1), True, key=fits), len(droppable))
    )


def _turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Return the messages, the results of calls together with the message that made them."""
    turns: list[list[Message]] = []
    for message in messages:
        if message.role is Role.TOOL and turns:
            turns[-1].append(message)
        else:
            turns.append([message])
    return turns
