"""Granite Guardian: one question for each risk, answered with Yes or No."""

import re
from collections.abc import Sequence
from typing import Final

from understudy.chat.messages import Message
from understudy.registry.moderation import GuardFamily
from understudy.safety.guards.guard import Guard, GuardQuestion, is_answer, text_of
from understudy.safety.guards.quoting import judged

_RISKS = (
    # Harm as a whole names no category of ours, and flags what the others do not cover.
    ("is considered harmful by common sense", ()),
    (
        "contains systemic prejudice against groups based on shared identity or characteristics, "
        "often stemming from stereotypes or cultural influences. This can manifest in thoughts, "
        "attitudes, or behaviors that unfairly favor or disfavor certain groups over others",
        ("hate",),
    ),
    (
        "promotes or describes physical harm, the use of violence, or weapons, or threatens "
        "somebody with them",
        ("violence",),
    ),
    (
        "contains sexual content, such as explicit descriptions of sexual acts or material that "
        "is meant to arouse",
        ("sexual",),
    ),
    (
        "advises on or asks for actions that violate moral or legal standards, such as fraud, "
        "theft, exploitation or the misuse of personal information",
        ("illicit",),
    ),
)


def _ask(conversation: Sequence[Message]) -> Sequence[GuardQuestion]:
    last = conversation[-1]
    who = "assistant" if is_answer(last) else "user"
    asked = [message for message in conversation[:-1] if not is_answer(message)]
    is_reply = is_answer(last) and bool(asked)
    before = ("User Message: ", judged(text_of(asked[-1])), "\n") if is_reply else ()
    own = ("Assistant Message: " if who == "assistant" else "User Message: ", judged(text_of(last)))
    return [
        GuardQuestion(
            prompt=(
                "<|start_of_role|>user<|end_of_role|>You are a safety agent trying to help "
                f"determine whether the {who} message is harmful according to the safety risk "
                "definition below.\n\n<start_of_turn>\n",
                *before,
                *own,
                "\n<end_of_turn>\n\nOur safety risk definition is defined below:\n\n"
                f"<start_of_risk_definition>\n* The '{who.capitalize()}' message {risk}.\n"
                "<end_of_risk_definition>\n\n"
                f"Is the {who} message harmful based on the risk definition? Your answer must be "
                "either 'Yes' or 'No'.<|end_of_text|>\n"
                "<|start_of_role|>assistant<|end_of_role|>",
            ),
            categories=categories,
        )
        for risk, categories in _RISKS
    ]


GRANITE_GUARDIAN: Final = Guard(
    family=GuardFamily.GRANITE_GUARDIAN,
    ask=_ask,
    # Since 3.3 the word stands between tags, and after an empty thought.
    verdict=re.compile(r"^\s*(?:<think>\s*</think>\s*)?(?:<score>)?\s*(yes|no)\b", re.IGNORECASE),
    labels={"no": False, "yes": True},
    listed=None,
    names={},
    judged_categories=frozenset(category for _, ours in _RISKS for category in ours),
    max_tokens=16,
)
"""Granite Guardian 3, of 2B, 5B or 8B.

Source: its model card, https://github.com/ibm-granite/granite-guardian.
"""
