"""The categories that texts and tuned models are judged in."""

from typing import Final

MODERATION_CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
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
