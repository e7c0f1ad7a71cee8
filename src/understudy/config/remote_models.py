"""What may stand in a table `[remote_models."NAME"]` of `understudy.toml`."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from understudy.registry.remote_models import MaxTokensField, RemoteEndpoint, RemoteTask

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_MAX_TIMEOUT_SECONDS = 3600
_MAX_RETRIES = 10
_MAX_AT_ONCE = 256


def _address(text: str) -> str:
    parts = urlsplit(text)
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise PydanticCustomError("address", "no plain address")
    return text.rstrip("/")


def _variable(text: str) -> str:
    # What stands here by mistake may be the key itself, so it is not repeated.
    if not _VARIABLE.fullmatch(text):
        raise PydanticCustomError("variable", "no name of a variable")
    return text


_Text = Annotated[str, Field(min_length=1)]


class RemoteModelTable(BaseModel):
    """A model of another server. The description of a field says what to write."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    base_url: Annotated[str, AfterValidator(_address)] = Field(
        description="must be an address without a key in it, for example "
        'base_url = "https://api.openai.com/v1"',
    )
    api_key_env: Annotated[str, AfterValidator(_variable)] | None = Field(
        default=None,
        description="must be the name of the environment variable that holds the key, for example "
        'api_key_env = "OPENAI_API_KEY"; the key itself never stands in this file',
    )
    model: _Text | None = Field(
        default=None,
        description='must be a text, for example model = "gpt-4.1-2025-04-14"',
    )
    owned_by: _Text | None = Field(default=None, description="must be a text")
    task: RemoteTask = Field(
        default=RemoteTask.CHAT,
        strict=False,
        description='must be "chat", "embedding" or "moderation"',
    )
    answers_as: _Text | None = Field(
        default=None,
        description='must be the name that answers carry, or "*" for any name',
    )
    timeout_seconds: float = Field(
        default=120.0,
        gt=0,
        le=_MAX_TIMEOUT_SECONDS,
        description=f"must be a number above 0 and at most {_MAX_TIMEOUT_SECONDS}",
    )
    max_retries: int = Field(
        default=2,
        ge=0,
        le=_MAX_RETRIES,
        description=f"must be a whole number from 0 to {_MAX_RETRIES}",
    )
    at_once: int = Field(
        default=16,
        ge=1,
        le=_MAX_AT_ONCE,
        description=f"must be a whole number from 1 to {_MAX_AT_ONCE}",
    )
    requests_per_minute: int | None = Field(
        default=None, ge=1, description="must be a whole number from 1"
    )
    tokens_per_minute: int | None = Field(
        default=None, ge=1, description="must be a whole number from 1"
    )
    max_tokens_field: MaxTokensField = Field(
        default=MaxTokensField.NEW,
        strict=False,
        description='must be "max_completion_tokens" or "max_tokens"',
    )
    fixed_sampling: bool = Field(default=False, description="must be true or false")
    price_in: float | None = Field(
        default=None, ge=0, description="must be the price of a million tokens, from 0"
    )
    price_out: float | None = Field(
        default=None, ge=0, description="must be the price of a million tokens, from 0"
    )

    may_train: bool = Field(default=True, description="must be true or false")

    def endpoint(self, name: str, *, created: int) -> RemoteEndpoint:
        """Return the decided remote model; `created` is the date to show for it."""
        return RemoteEndpoint(
            name=name,
            base_url=self.base_url,
            model=self.model or name,
            api_key_env=self.api_key_env,
            owned_by=self.owned_by or urlsplit(self.base_url).hostname or "",
            task=self.task,
            answers_as=self.answers_as,
            timeout_seconds=self.timeout_seconds,
            max_retries=self.max_retries,
            at_once=self.at_once,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            max_tokens_field=self.max_tokens_field,
            has_fixed_sampling=self.fixed_sampling,
            created=created,
            price_in=self.price_in,
            price_out=self.price_out,
            may_train=self.may_train,
        )
