"""Our own list of responses, below /v1/x/."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import ConfigDict

from understudy.schemas.lists import HasId


class StoredResponse(HasId):
    """A response as it was answered, with the items that it answered.

    What was answered is written as it was at that time, whichever fields responses have today.
    """

    model_config = ConfigDict(extra="allow")

    object: Literal["response"] = "response"
    input: Sequence[dict[str, Any]]
