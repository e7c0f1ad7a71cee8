"""How a tuned model and its checkpoints are named: `ft:<base>:<organization>:<suffix>:<id>`."""

import re
import unicodedata

IDENTIFIER_LENGTH = 8
"""Base62 characters that end a tuned model's name."""


def slug(text: str) -> str:
    """Return the text in lower-case ASCII letters and digits, everything else as single dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def tuned_model_name(base: str, organization: str, suffix: str | None, identifier: str) -> str:
    """Return a tuned model's name; `base` is the name users see, for example an alias."""
    return f"ft:{base}:{slug(organization)}:{slug(suffix or '')}:{identifier}"


def checkpoint_name(
    base: str, organization: str, suffix: str | None, identifier: str, step: int
) -> str:
    """Return the name under which the checkpoint made after `step` steps is served."""
    return f"{tuned_model_name(base, organization, suffix, identifier)}:ckpt-step-{step}"
