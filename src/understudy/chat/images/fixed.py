"""Images of Gemma 3: every picture is the same square and becomes the same number of tokens.

Source: transformers' `Gemma3Processor`, without its crops of very long pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from understudy.chat.images.image_tokens import unreadable_settings
from understudy.chat.messages import Image


@dataclass(frozen=True, kw_only=True)
class FixedImages:
    """A picture is resized to a square, whatever its size and the detail asked for."""

    tokens: int

    mark = "<start_of_image>"
    filled = "<image_soft_token>"
    controls = "<start_of_image><image_soft_token><end_of_image>"

    @classmethod
    def read(cls, config: Mapping[str, Any], processor: Mapping[str, Any]) -> Self:
        """Read the settings; raises InvalidRequestError where they are not those of the model."""
        if processor["image_processor"].get("do_pan_and_scan"):
            raise unreadable_settings("cuts long pictures (do_pan_and_scan)")
        made = cls(tokens=int(processor.get("image_seq_length") or 256))
        features = int(config.get("mm_tokens_per_image", 256))
        if features != made.tokens:
            raise unreadable_settings(
                f"writes {made.tokens} tokens for a picture, of which the model makes {features} "
                "features"
            )
        return made

    def text_of(self, image: Image) -> str:
        """Return the tokens of any picture."""
        return f"\n\n<start_of_image>{self.filled * self.tokens}<end_of_image>\n\n"
