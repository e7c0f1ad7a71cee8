"""The chat renderers of the base models in use, each read again only when its files change."""

import threading
from collections import OrderedDict
from pathlib import Path

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import NotFoundError

_MAX_RENDERERS = 16
_TOKENIZER = "tokenizer.json"
_FILES = (_TOKENIZER, "config.json", "tokenizer_config.json", "chat_template.jinja")

Stamp = tuple[int | None, ...]
"""When each file changed last, in nanoseconds; None for a file that is not there."""


class Renderers:
    """Keeps the renderers last used; reading one takes up to a second for a large vocabulary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_directory: OrderedDict[Path, tuple[Stamp, ChatRenderer]] = OrderedDict()

    def get(self, directory: Path) -> ChatRenderer:
        """Return the renderer of a base model; blocks while it is read.

        Raises NotFoundError when the tokenizer is gone, and InvalidRequestError when the
        directory has no chat template.
        """
        with self._lock:
            stamp = tuple(_changed_at(directory / name) for name in _FILES)
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
            self._by_directory.move_to_end(directory)
            if len(self._by_directory) > _MAX_RENDERERS:
                self._by_directory.popitem(last=False)
            return kept[1]


def _changed_at(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None
