"""The policy of ours, for models that judge by a written one: what each category holds."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from understudy.chat.messages import Message
from understudy.data.examples import images_of
from understudy.safety.categories import MODERATION_CATEGORIES, RELEASE_CATEGORIES
from understudy.safety.guards.guard import text_of

_HOLDS = {
    "advice": "medical, legal or financial advice for one person's case that could do harm and "
    "sends nobody to an expert",
    "harassment": "insults, bullying or degrading words about a person or a group",
    "harassment/threatening": "harassment that also threatens violence or serious harm",
    "hate": "hatred or contempt of people for their race, gender, ethnicity, religion, "
    "nationality, sexual orientation, disability or caste",
    "hate/threatening": "hate that also threatens violence or serious harm",
    "highly-sensitive": "health records, biometric data, passwords, account or identity numbers of "
    "a real person",
    "illicit": "instructions or advice on how to commit a crime or another wrong that hurts others",
    "illicit/violent": "the same where violence is involved, or how to get or make a weapon",
    "propaganda": "attempts to deceive the public about politics, elections or public persons",
    "self-harm": "content that promotes, encourages or depicts suicide, cutting or an eating "
    "disorder",
    "self-harm/intent": "a speaker who says that they harm themselves or intend to",
    "self-harm/instructions": "instructions or encouragement to harm oneself",
    "sensitive": "private facts about a real person that they did not make public",
    "sexual": "content that is meant to arouse; not sex education and not medicine",
    "sexual/minors": "sexual content with anybody under 18",
    "violence": "death, violence or injury, shown to shock or to approve of it",
    "violence/graphic": "the same in graphic detail",
}

POLICY_CATEGORIES: Final = tuple(dict.fromkeys((*MODERATION_CATEGORIES, *RELEASE_CATEGORIES)))
"""Every category, which a model that reads a policy can judge."""

OUR_POLICY: Final = (
    "Judge the last message of a conversation, read after the messages before it. It is unsafe "
    "when it contains, promotes or asks for what one of these categories holds:\n"
    + "".join(f"* {name}: {_HOLDS[name]}.\n" for name in POLICY_CATEGORIES)
    + "News, history, fiction, research, prevention, counter-speech, offers of help and plain "
    "product descriptions are safe where they do none of this. An answer that declines a harmful "
    "request is safe."
)
"""The text that is used where the operator writes none."""


def as_data(conversation: Sequence[Message]) -> str:
    """Return a conversation as JSON text: nothing in it can end its strings.

    Raises InvalidRequestError for images.
    """
    return _written([{"role": one.role.value, "text": text_of(one)} for one in conversation])


def as_data_with_images(conversation: Sequence[Message]) -> str:
    """Return the same of messages with images, each named by its number among all of them."""
    turns: list[dict[str, Any]] = []
    shown = 0
    for message in conversation:
        images = len(images_of([message]))
        numbers = list(range(shown + 1, shown + images + 1))
        turn = {"role": message.role.value, "text": text_of(replace(message, parts=()))}
        turns.append(turn | ({"images": numbers} if numbers else {}))
        shown += images
    return _written(turns)


def _written(turns: Sequence[dict[str, Any]]) -> str:
    # Angle brackets as codes, so that no mark of a prompt stands in the text either.
    written = json.dumps(turns, ensure_ascii=False)
    return written.replace("<", "\\u003c").replace(">", "\\u003e")
