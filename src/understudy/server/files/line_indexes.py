"""The line indexes of files that were read lately, so that each is looked through once."""

import threading
from functools import lru_cache
from pathlib import Path

from understudy.data.files.line_index import LineIndex, index_lines

_MAX_KEPT = 32


class LineIndexes:
    """Makes indexes one at a time: looking through a large file keeps a disk busy."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        # A blob's path names its content, so an index never gets old.
        self._index = lru_cache(maxsize=_MAX_KEPT)(index_lines)

    def of(self, path: Path) -> LineIndex:
        """Return the index of a blob; blocks."""
        with self._turn:
            return self._index(path)
