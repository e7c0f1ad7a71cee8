"""The images of one rendered conversation: their tokens in its text, and found again in its ids."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from understudy.chat.images.image_tokens import ImageTokens
from understudy.chat.images.placing import ExpandedText, PlacedImage, expand, place
from understudy.chat.messages import Image, Message
from understudy.chat.rendering.turns import Turn
from understudy.chat.rendering.vocabulary import Vocabulary


@dataclass(frozen=True)
class ShownImages:
    """A rendered conversation with the tokens of its images, of which there may be none."""

    images: tuple[Image, ...]
    expanded: ExpandedText
    filled_id: int | None
    """The id whose embedding comes from a picture; None where there is no image."""

    @classmethod
    def in_text(
        cls,
        text: str,
        messages: Sequence[Message],
        vocabulary: Vocabulary,
        tokens: ImageTokens | None,
    ) -> "ShownImages":
        """Write the images of messages into their rendered text.

        Raises InvalidRequestError where the template did not write one mark for each.
        """
        images = tuple(p for message in messages for p in message.parts if isinstance(p, Image))
        if not images or tokens is None:
            return cls((), ExpandedText.of_no_images(text), None)
        expanded = expand(text, vocabulary.places_of(tokens.mark, text), images, tokens)
        return cls(images, expanded, vocabulary.id_of(tokens.filled))

    @property
    def text(self) -> str:
        """The text with the tokens of the images."""
        return self.expanded.text

    def moved(self, turns: Sequence[Turn]) -> list[Turn]:
        """Return turns of the text without images where they are now."""
        if not self.images:
            return list(turns)
        move = self.expanded.moved
        return [replace(turn, start=move(turn.start), end=move(turn.end)) for turn in turns]

    def fits(self, ids: Sequence[int]) -> bool:
        """Whether ids have exactly the tokens that these images fill."""
        return self.filled_id is None or ids.count(self.filled_id) == sum(self.expanded.counts)

    def placed(self, ids: Sequence[int]) -> tuple[PlacedImage, ...]:
        """Find the images in ids that have exactly their tokens."""
        if self.filled_id is None:
            return ()
        return place(ids, self.filled_id, self.images, self.expanded.counts)
