"""What all wire objects share: how strictly requests are read and how answers are written."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


class StrictRequest(BaseModel):
    """A request body in which an unknown field is an error, because dropping it loses intent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class TolerantRequest(BaseModel):
    """A request body in which unknown fields are passed over: other servers' users send some."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class WireObject(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


MAX_WHOLE = 2**53 - 1
"""The largest whole number that every JSON client keeps exact; databases hold it too."""
WholeNumber = Annotated[int, Field(ge=0, le=MAX_WHOLE)]
"""A count, a place or a time in seconds, as a request may name it."""
PositiveNumber = Annotated[int, Field(ge=1, le=MAX_WHOLE)]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""As wide as OpenAI's."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("invalid_value", "It must not contain the character NUL.")
    return text


StoredText = Annotated[str, AfterValidator(_without_nul)]
"""Text that goes into the database; PostgreSQL cannot hold NUL."""
