"""One line of a reinforcement file as users write it: a conversation, and keys for the graders."""

from typing import Annotated

from pydantic import ConfigDict, Field

from understudy.data.lines.chat import Tools
from understudy.data.lines.message import (
    MAX_MESSAGES,
    AssistantLine,
    Strict,
    SystemLine,
    ToolResultLine,
    UserLine,
)


class ReinforcementLine(Strict):
    """The whole line; every key that is not named here belongs to the graders."""

    model_config = ConfigDict(extra="allow")

    messages: Annotated[
        list[
            Annotated[
                SystemLine | UserLine | AssistantLine | ToolResultLine, Field(discriminator="role")
            ]
        ],
        Field(max_length=MAX_MESSAGES),
    ]
    tools: Tools | None = None
