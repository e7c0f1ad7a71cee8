"""Names of uploaded files: made harmless when they arrive, and put into headers safely."""

import unicodedata
from urllib.parse import quote

_MAX_NAME = 255
_NAMELESS = "file"
_KEPT_END = 40


def safe_filename(given: str | None) -> str:
    """Return the last part of a client's path, without control characters and not too long."""
    name = (given or "").replace("\\", "/").rpartition("/")[2]
    visible = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip()
    return visible[:_MAX_NAME] if visible.strip(".") else _NAMELESS


def shortened_name(filename: str) -> str:
    """Return a name that is not too long, cut in its middle: its end says what it is."""
    if len(filename) <= _MAX_NAME:
        return filename
    return f"{filename[: _MAX_NAME - _KEPT_END - 1]}…{filename[-_KEPT_END:]}"


def attachment(filename: str) -> str:
    """Return the content-disposition that offers a body for saving under `filename`."""
    plain = "".join(c if c.isascii() and c not in '"\\' else "_" for c in filename)
    header = f'attachment; filename="{plain}"'
    if plain != filename:
        header += f"; filename*=UTF-8''{quote(filename, safe='')}"
    return header
