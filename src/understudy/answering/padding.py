"""Noise that hides how long the pieces of a stream are."""

from secrets import token_urlsafe

_PADDED_TO = 64


def padding_for(text: str) -> str:
    """Return noise with which most pieces of a stream become equally long."""
    size = -len(text) % _PADDED_TO
    return token_urlsafe(size)[:size]
