"""What all wire objects share: how strictly requests are read and how answers are written."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
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


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("invalid_value", "It must not contain the character NUL.")
    return text


StoredText = Annotated[str, AfterValidator(_without_nul)]
"""Text that goes into the database; PostgreSQL cannot hold NUL."""
