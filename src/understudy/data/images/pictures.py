"""The one way from the bytes of an image to what a model sees, checked before it is decoded."""

import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageOps

from understudy.data.images.faults import ImageFault, UnusableImageError

MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 36_000_000
"""Decoding takes several bytes for each; a small file can claim to be enormous."""
MAX_ASPECT_RATIO = 200
"""How many times longer one side may be than the other; processors cut pictures into tiles."""

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    # What many phones write: a JPEG with further pictures after it.
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
_BEGINNINGS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"RIFF": "WEBP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_GREY_16_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", *_GREY_16_BIT)

# A request of a few kilobytes can hold pictures that take hundreds of megabytes each.
_AT_ONCE = threading.BoundedSemaphore(4)

# What Pillow's decoders are known to raise for bytes that are no image, or one cut short.
_UNDECODABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image that was read: what a model sees of it."""

    media_type: str
    pixels: Image.Image
    """In RGB, upright."""


def read_picture(content: bytes) -> Picture:
    """Decode an image as a model sees it.

    JPEG, PNG, WEBP, and of a GIF the first frame. It is turned upright as its EXIF data say, laid
    on white where it is transparent, and made RGB with 8 bits a channel. Raises UnusableImageError
    for what is no image, is cut short, or is too large.
    """
    if not content:
        raise UnusableImageError(ImageFault.EMPTY, "it is empty")
    if len(content) > MAX_IMAGE_BYTES:
        raise too_many_bytes()
    _check_size(*_webp_size(content))
    try:
        with warnings.catch_warnings():
            # Pillow warns of many pixels and odd metadata; the bounds here are ours.
            warnings.simplefilter("ignore")
            with _AT_ONCE, Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_size(image.width, image.height)
                _check_mode(image.mode)
                media_type = MEDIA_TYPES[image.format or ""]
                return Picture(media_type=media_type, pixels=_seen(image))
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except _UNDECODABLE:
        if not content.startswith(tuple(_BEGINNINGS)):
            raise UnusableImageError(
                ImageFault.INVALID_FORMAT, "it is not a JPEG, PNG, WEBP or GIF image"
            ) from None
        raise UnusableImageError(
            ImageFault.UNREADABLE, "it is damaged or cut short: it cannot be decoded"
        ) from None


def read_kept(path: Path) -> Image.Image:
    """Return what a model sees of an image whose bytes are kept in a file.

    Raises OSError where there is no such file, and UnusableImageError where it is damaged.
    """
    return read_picture(path.read_bytes()).pixels


def media_type_of(content: bytes) -> str:
    """Return what kind of image bytes are that `read_picture` reads."""
    found = (kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning))
    return MEDIA_TYPES[next(found)]


def too_many_bytes() -> UnusableImageError:
    """Return the error for an image with more than MAX_IMAGE_BYTES."""
    size = MAX_IMAGE_BYTES // 1024 // 1024
    return UnusableImageError(ImageFault.FILE_TOO_LARGE, f"it is larger than {size} MB")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise UnusableImageError(
            ImageFault.INVALID,
            f"it is {width} x {height} pixels: one side is more than {MAX_ASPECT_RATIO} times as "
            "long as the other",
        )


def _too_many_pixels() -> UnusableImageError:
    return UnusableImageError(ImageFault.TOO_LARGE, f"it has more than {MAX_PIXELS:,} pixels")


def _webp_size(content: bytes) -> tuple[int, int]:
    """Return the size that a WEBP file claims, for which its decoder takes memory at once.

    (1, 1) for any other file, which Pillow opens without decoding it.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return 1, 1
    kind, body = content[12:16], content[20:30]
    if len(body) < 10:
        return 1, 1
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    sides = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    width, height = (max(side, 1) for side in sides)
    return width, height


def _check_mode(mode: str) -> None:
    if mode not in _MODES:
        raise UnusableImageError(
            ImageFault.INVALID_MODE, f"its colour mode is {mode}; use RGB or RGBA"
        )


def _seen(image: Image.Image) -> Image.Image:
    """Decode an image, with no more copies of its pixels in memory than it needs."""
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in _GREY_16_BIT:
        # Pillow would cut everything above 255 to white.
        values = numpy.asarray(image).astype(numpy.uint16) >> 8
        image = Image.fromarray(values.astype(numpy.uint8))
    if image.has_transparency_data:
        # Dropping the transparency alone would show colours that nobody has seen.
        drawn = image if image.mode == "RGBA" else image.convert("RGBA")
        seen = Image.new("RGB", drawn.size, "white")
        seen.paste(drawn, mask=drawn)
        return seen
    return image if image.mode == "RGB" else image.convert("RGB")
