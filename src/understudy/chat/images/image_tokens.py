"""What a family of models writes into a prompt for an image, and which of that the image fills."""

from typing import Protocol

from understudy.chat.messages import Image, ImageDetail
from understudy.errors import InvalidRequestError


class ImageTokens(Protocol):
    """The text of images in one model's prompts, as its own processor of transformers writes it."""

    @property
    def mark(self) -> str:
        """What the chat template writes where an image stands."""
        ...

    @property
    def filled(self) -> str:
        """The token that stands for a part of an image: its embedding comes from the picture."""
        ...

    @property
    def controls(self) -> str:
        """Every control token that may stand in the text of an image, one after the other."""
        ...

    def text_of(self, image: Image) -> str:
        """Return what the mark becomes; raises InvalidRequestError for what cannot be read."""
        ...


def is_coarse(detail: ImageDetail) -> bool:
    """Whether an image is to be looked at quickly; `auto` is what the model itself does."""
    return detail is ImageDetail.LOW


def unreadable_settings(what: str) -> InvalidRequestError:
    """Return the refusal of a model whose processor has settings that are not known here."""
    return InvalidRequestError(
        f"The image processor of this model {what}, which is not supported here; the model reads "
        "text only.",
        code="model_not_available",
        param="model",
    )
