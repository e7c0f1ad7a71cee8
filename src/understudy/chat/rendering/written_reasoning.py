"""Reasoning that stands inside an assistant's text, as files of distilled answers have it."""

import re
from dataclasses import replace

from understudy.chat.messages import Message, Role

_REASONED = re.compile(r"\s*<think>(.*?)</think>(.*)", re.DOTALL)


def with_reasoning_apart(message: Message) -> Message:
    """Return a message whose text begins with `<think>…</think>` with that as its reasoning.

    An empty one is left out: a template writes that itself, where the family has it. Any other
    message is returned as it is, one that has its reasoning apart already too.
    """
    if message.role is not Role.ASSISTANT or message.reasoning is not None:
        return message
    found = _REASONED.fullmatch(message.content or "")
    if found is None:
        return message
    return replace(message, reasoning=found[1].strip() or None, content=found[2].lstrip() or None)
