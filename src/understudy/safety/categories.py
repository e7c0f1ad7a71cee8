"""The categories that texts and tuned models are judged in."""

from typing import Final

from understudy.schemas import moderations

MODERATION_CATEGORIES: Final = moderations.MODERATION_CATEGORIES
"""What `POST /v1/moderations` answers for, as on the wire."""

RELEASE_CATEGORIES: Final = (
    "advice",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "highly-sensitive",
    "illicit",
    "propaganda",
    "self-harm/instructions",
    "self-harm/intent",
    "sensitive",
    "sexual",
    "sexual/minors",
    "violence",
)
"""What a tuned model is checked for before it is released, as OpenAI's guide lists them."""
