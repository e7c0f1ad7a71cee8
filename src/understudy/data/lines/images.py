"""Whether the image at an address can be learned from: its address, type, size and colours."""

import base64
import binascii
import io
import struct
import warnings
import zlib
from urllib.parse import urlsplit

from PIL import Image

MAX_IMAGES_PER_LINE = 10
MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 36_000_000
"""Decoding takes four bytes for each; a small file can claim to be enormous."""
MAX_URL_CHARACTERS = 8192
"""Characters of an address that is fetched; data URLs are bounded by the image's bytes."""

_DATA_URL = "data:image/"
_BASE64 = ";base64"

# What Pillow's decoders are known to raise for bytes that are no image, or one cut short.
_UNDECODABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def image_fault(url: str) -> str | None:
    """Say why the image at this address cannot be learned from; None if nothing speaks against it.

    A data URL is decoded. Any other address is only looked at: nothing is ever fetched.
    """
    if url[:5].lower() == "data:":
        return _fault_of_data(url)
    return _fault_of_address(url)


def _fault_of_address(url: str) -> str | None:
    if len(url) > MAX_URL_CHARACTERS:
        return f"its URL is longer than {MAX_URL_CHARACTERS} characters"
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
        parts = urlsplit("")
    is_clean = url.isprintable() and " " not in url
    if not has_host or not is_clean or parts.scheme not in ("http", "https"):
        return "its URL must be an https, http or data URL"
    return None


def _fault_of_data(url: str) -> str | None:
    header, comma, data = url.partition(",")
    if not comma or not header.lower().startswith(_DATA_URL) or not header.endswith(_BASE64):
        return 'its data URL must begin as in "data:image/png;base64,"'
    # Four characters carry three bytes: too large is known before anything is decoded.
    if len(data) > MAX_IMAGE_BYTES // 3 * 4 + 4:
        return _too_large()
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "its data URL is not valid base64"
    return _too_large() if len(content) > MAX_IMAGE_BYTES else _fault_of_bytes(content)


def _too_large() -> str:
    return f"it is larger than {MAX_IMAGE_BYTES // 1024 // 1024} MB"


def _fault_of_bytes(content: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            # Pillow warns of many pixels and odd metadata; the bound below is ours.
            warnings.simplefilter("ignore")
            return _fault_when_decoded(content)
    except _UNDECODABLE:
        return "it is not a readable JPEG, PNG or WEBP image"


def _fault_when_decoded(content: bytes) -> str | None:
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
        if image.width * image.height > MAX_PIXELS:
            return f"it has more than {MAX_PIXELS} pixels"
        if image.mode not in ("RGB", "RGBA"):
            return f"its colour mode is {image.mode}; use RGB or RGBA"
        image.load()
    return None
