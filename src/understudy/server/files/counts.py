"""How many tokens stored files have for a model, remembered for the files asked about lately."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cachetools import LRUCache

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.images.sources import ImageSource
from understudy.data.report.examples import read_file
from understudy.data.report.token_counts import TokenCounts, count_tokens
from understudy.server.files.report_limiter import ReportLimiter, pieces_of

_MAX_KEPT = 64


class FileCounts(NamedTuple):
    """Token counts of a file; `rejected` are those of the other answer of each pair."""

    examples: TokenCounts
    rejected: TokenCounts


class TokenCountCache:
    """Counts files under the report limiter, each once while it is asked about again and again."""

    def __init__(self, limiter: ReportLimiter) -> None:
        self._limiter = limiter
        self._kept: LRUCache[tuple[str, Method, str, bool], FileCounts] = LRUCache(_MAX_KEPT)
        self._lock = threading.Lock()

    def of(
        self,
        path: Path,
        method: Method,
        renderer: ChatRenderer,
        *,
        splits_turns: bool,
        images: ImageSource,
    ) -> FileCounts:
        """Return the counts of a blob; blocks. Raises what the limiter raises."""
        # A blob's name says what is in it, and a renderer's hash how it is read.
        key = (path.name, method, renderer.hash, splits_turns)
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        counts = self._count(path, method, renderer, splits_turns, images)
        with self._lock:
            self._kept[key] = counts
        return counts

    def _count(
        self,
        path: Path,
        method: Method,
        renderer: ChatRenderer,
        splits_turns: bool,
        images: ImageSource,
    ) -> FileCounts:
        with self._limiter.turn() as check_stop:
            file = read_file(pieces_of(path, check_stop), method, images)

            def counts_of(examples: Sequence[ChatExample]) -> TokenCounts:
                return count_tokens(
                    examples, renderer, check_stop, splits_turns=splits_turns
                ).counts

            return FileCounts(counts_of(file.examples), counts_of(file.rejected))
