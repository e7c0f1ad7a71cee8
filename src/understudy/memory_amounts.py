"""Amounts of memory as people write them: a size, or a share of what is free."""

import re
from dataclasses import dataclass

_UNITS = {
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(MB|GB|TB|MiB|GiB|TiB)")
_SHARE = re.compile(r"(\d{1,2}(?:\.\d{1,2})?) ?%")


@dataclass(frozen=True)
class MemoryAmount:
    """An amount that was written as `text`; one of the two others is None."""

    text: str
    bytes: int | None
    share: float | None
    """Of the memory that is free; above 0 and below 1."""

    def of(self, free_bytes: int) -> int:
        """Return the amount in bytes where so many are free."""
        if self.bytes is not None:
            return self.bytes
        assert self.share is not None
        return round(self.share * free_bytes)


def read_memory_amount(text: str) -> MemoryAmount:
    """Read "4 GiB", "500 MB" or "25%". Raises ValueError for anything else, and for nothing."""
    if (size := _SIZE.fullmatch(text)) and (amount := round(float(size[1]) * _UNITS[size[2]])):
        return MemoryAmount(text, bytes=amount, share=None)
    if (share := _SHARE.fullmatch(text)) and float(share[1]) > 0:
        return MemoryAmount(text, bytes=None, share=float(share[1]) / 100)
    raise ValueError('an amount of memory is written as "4 GiB" or "25%"')
