"""Small pictures as files and data URLs, for tests that show images."""

import base64
import io

from PIL import Image


def drawn(
    colour: tuple[int, int, int] = (255, 0, 0), size: tuple[int, int] = (8, 6), kind: str = "PNG"
) -> bytes:
    """Return a picture of one colour as a file."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def url_of(content: bytes, kind: str = "png") -> str:
    """Return a file as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
