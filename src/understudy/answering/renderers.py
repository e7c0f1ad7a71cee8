"""The chat renderers of the base models in use, each read again only when its files change."""

import threading
from pathlib import Path

from cachetools import LRUCache

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import NotFoundError
from understudy.file_stamps import FileStamp, stamp_of

_MAX_RENDERERS = 16
_TOKENIZER = "tokenizer.json"
_FILES = (
    _TOKENIZER,
    "config.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
)


class Renderers:
    """Keeps the renderers last used; reading one takes up to a second for a large vocabulary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_directory: LRUCache[Path, tuple[tuple[FileStamp | None, ...], ChatRenderer]] = (
            LRUCache(_MAX_RENDERERS)
        )

    def get(self, directory: Path) -> ChatRenderer:
        """Return the renderer of a base model; blocks while it is read.

        Raises NotFoundError when the tokenizer is gone, and InvalidRequestError when the
        directory has no chat template.
        """
        with self._lock:
            stamp = tuple(stamp_of(directory / name) for name in _FILES)
            kept = self._by_directory.get(directory)
            if kept is None or kept[0] != stamp:
                if not (directory / _TOKENIZER).exists():
                    raise NotFoundError(
                        f"The files of the base model in '{directory.name}' are not there any "
                        "more; add it again with 'understudy models add'.",
                        code="model_not_found",
                        param="model",
                    )
                kept = stamp, ChatRenderer.from_directory(directory)
                self._by_directory[directory] = kept
            return kept[1]
