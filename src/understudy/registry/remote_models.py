"""Models that another server answers for: where each is asked, and within which limits."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

# What makers put after a model's name: a date, a number, or a word for the newest.
_SNAPSHOT = re.compile(r"[0-9-]+|latest|preview(-[0-9-]+)?|exp(-[0-9-]+)?")


class RemoteTask(StrEnum):
    """What a remote model is asked for."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    MODERATION = "moderation"


class MaxTokensField(StrEnum):
    """The field of a chat request that limits the tokens of an answer."""

    NEW = "max_completion_tokens"
    OLD = "max_tokens"


@dataclass(frozen=True, kw_only=True)
class RemoteEndpoint:
    """One remote model as the operator configured it; only what is configured is ever called."""

    name: str
    """The name that users of this server ask for."""
    base_url: str
    """Ends before `/chat/completions`; without a slash at its end."""
    model: str
    """The name that the remote server is asked for."""
    api_key_env: str | None
    """The environment variable that holds the key; None where the remote server wants none."""
    owned_by: str
    task: RemoteTask
    answers_as: str | None
    """The name that answers have to carry; None allows `model` and its snapshots, "*" any name."""
    timeout_seconds: float
    """How long the remote server may be silent."""
    max_retries: int
    at_once: int
    """Requests of one process that may be open at a time."""
    requests_per_minute: int | None
    tokens_per_minute: int | None
    max_tokens_field: MaxTokensField
    has_fixed_sampling: bool
    """Whether temperature, top_p and penalties cannot be chosen, as with reasoning models."""
    created: int = field(compare=False)
    price_in: float | None = None
    """Of a million tokens of prompts; None where the operator does not say."""
    price_out: float | None = None
    """Of a million tokens of answers."""
    may_train: bool = True
    """Whether its answers may be learned, as the operator understands its terms."""

    @property
    def host(self) -> str:
        """The remote server's name, by which messages say whose fault something is."""
        return urlsplit(self.base_url).netloc

    @property
    def words(self) -> str:
        """The model as messages call it."""
        return f"The remote model `{self.name}` ({self.host})"

    def gave(self, model: str) -> bool:
        """Say whether stored answers under this name are, or may be, those of this model."""
        return model == self.name or (self.answers_as != "*" and self.is_answered_by(model))

    def is_answered_by(self, answered: str) -> bool:
        """Say whether an answer under this name is one of the model that was asked for."""
        if self.answers_as is not None:
            return self.answers_as in ("*", answered)
        # Some servers put the maker's name before a slash.
        bare, asked = answered.rpartition("/")[2], self.model.rpartition("/")[2]
        return bare == asked or (
            bare.startswith(f"{asked}-")
            and _SNAPSHOT.fullmatch(bare.removeprefix(f"{asked}-")) is not None
        )
