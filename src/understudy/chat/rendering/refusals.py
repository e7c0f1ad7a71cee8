"""Why a renderer refuses a conversation, in the words that its owner reads."""

from understudy.chat.rendering.turns import TurnNotLearnedError
from understudy.errors import InvalidRequestError


class NoToolCallsError(InvalidRequestError):
    """The template of a model has no tool calls."""

    def __init__(self, lack: str) -> None:
        super().__init__(
            f"The chat template of this model {lack}. Leave out 'tools' and tool calls, or give "
            "the model a chat template that has both.",
            param="tools",
            code="unsupported_parameter",
        )
        self.lack = lack
        """Why, as the end of a sentence."""


class NoImagesError(InvalidRequestError):
    """A model was shown an image, and reads none."""

    def __init__(self) -> None:
        super().__init__(
            "This model does not read images. Leave out the parts of type 'image_url', or use a "
            "model that reads them.",
            param="messages",
            code="unsupported_parameter",
        )


def no_border(index: int) -> TurnNotLearnedError:
    """Return the refusal of a turn that has no end or no beginning of its own."""
    return TurnNotLearnedError(
        f"The chat template of this model ends message {index} without one of the model's end "
        "tokens, or begins it inside of a token, so a model could not learn to write it. Give the "
        "message the weight 0, or end a conversation with it.",
        param="messages",
    )


def left_out(index: int) -> TurnNotLearnedError:
    """Return the refusal of a turn that is not written as it was said."""
    return TurnNotLearnedError(
        f"The chat template of this model leaves out or changes what message {index} says, so a "
        "model would learn something else. Give the message the weight 0, or write it otherwise.",
        param="messages",
    )
