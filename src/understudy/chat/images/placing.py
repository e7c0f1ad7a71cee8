"""Images in rendered text: the marks of a template become their tokens, which are found again."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from understudy.chat.images.image_tokens import ImageTokens
from understudy.chat.messages import Image
from understudy.errors import InvalidRequestError


@dataclass(frozen=True, kw_only=True)
class PlacedImage:
    """An image, and which ids of a prompt it fills."""

    image: Image
    places: tuple[int, ...]
    """Indices of the ids whose embeddings come from the picture, in its own order."""

    def after(self, count: int) -> "PlacedImage":
        """Return the same image where so many ids stand before its prompt."""
        return replace(self, places=tuple(at + count for at in self.places))


@dataclass(frozen=True)
class ExpandedText:
    """Rendered text in which each mark became the text of its image."""

    text: str
    counts: tuple[int, ...]
    """For each image, how many tokens it fills."""
    ends: tuple[int, ...]
    """Where the marks ended before."""
    growths: tuple[int, ...]
    """By how many characters the text had grown up to each of them."""

    @classmethod
    def of_no_images(cls, text: str) -> "ExpandedText":
        """Return a text that stays as it is."""
        return cls(text, (), (), ())

    def moved(self, at: int) -> int:
        """Return where a place outside of the marks is now."""
        marks = bisect_right(self.ends, at)
        return at + (self.growths[marks - 1] if marks else 0)


def expand(
    text: str, marks: Sequence[int], images: Sequence[Image], tokens: ImageTokens
) -> ExpandedText:
    """Write the images of a conversation into its rendered text, which has marks at these places.

    Raises InvalidRequestError where the template did not write one mark for each image.
    """
    if len(marks) != len(images):
        raise InvalidRequestError(
            f"The chat template of this model writes {len(marks)} places for the "
            f"{len(images)} images of the conversation, so it cannot show them; give the model "
            "the template of its own processor.",
            param="messages",
        )
    length = len(tokens.mark)
    written = [tokens.text_of(image) for image in images]
    parts: list[str] = []
    done = 0
    for at, of_image in zip(marks, written, strict=True):
        parts += [text[done:at], of_image]
        done = at + length
    return ExpandedText(
        "".join([*parts, text[done:]]),
        tuple(of_image.count(tokens.filled) for of_image in written),
        tuple(at + length for at in marks),
        tuple(accumulate(len(of_image) - length for of_image in written)),
    )


def place(
    ids: Sequence[int], filled_id: int, images: Sequence[Image], counts: Sequence[int]
) -> tuple[PlacedImage, ...]:
    """Find the tokens of images in ids, which have as many of them as the counts say."""
    places = [at for at, id in enumerate(ids) if id == filled_id]
    assert len(places) == sum(counts), "every token of an image is a token of its own"
    ends = list(accumulate(counts, initial=0))
    return tuple(
        PlacedImage(image=image, places=tuple(places[ends[number] : ends[number + 1]]))
        for number, image in enumerate(images)
    )
