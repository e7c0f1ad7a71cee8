"""Images that stand inside their own address: data URLs in base64."""

import base64
import binascii

from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.pictures import MAX_IMAGE_BYTES, too_many_bytes

_BEGINNING = "data:image/"
_BASE64 = ";base64"


def is_data_url(url: str) -> bool:
    """Say whether an address holds what it names."""
    return url[:5].lower() == "data:"


def content_of(url: str) -> bytes:
    """Return the bytes of a data URL; raises UnusableImageError.

    What they are is decided by looking at them, whatever type the address claims.
    """
    header, comma, data = url.partition(",")
    if not comma or not header.lower().startswith(_BEGINNING) or not header.endswith(_BASE64):
        raise UnusableImageError(
            ImageFault.INVALID_URL, 'its data URL must begin as in "data:image/png;base64,"'
        )
    # Four characters carry three bytes: too large is known before anything is decoded.
    if len(data) > MAX_IMAGE_BYTES // 3 * 4 + 4:
        raise too_many_bytes()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise UnusableImageError(
            ImageFault.INVALID_BASE64, "its data URL is not valid base64"
        ) from None


def data_url(media_type: str, content: bytes) -> str:
    """Write bytes as a data URL."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
