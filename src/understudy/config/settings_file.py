"""Writes entries of `understudy.toml` atomically and keeps its other content."""

import fcntl
import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from understudy.config.settings import SettingsError


def write_aliases(path: Path, aliases: Mapping[str, str]) -> None:
    """Add aliases, replacing those of the same name."""
    with _changed(path) as document:
        table = cast("dict[str, Any]", document.setdefault("aliases", tomlkit.table()))
        table.update(aliases)


def write_model(path: Path, name: str, directory: Path, training: Mapping[str, Any]) -> None:
    """Add a base model and its training settings, replacing one of the same name."""
    ModelEntries(path).put(name, {"directory": str(directory), **training})


def write_embedder(path: Path, name: str, directory: Path) -> None:
    """Add an embedding model, replacing one of the same name."""
    with _changed(path) as document:
        tables = cast(
            "dict[str, Any]",
            document.setdefault("embedding_models", tomlkit.table(is_super_table=True)),
        )
        entry = tomlkit.table()
        entry.update({"directory": str(directory)})
        tables[name] = entry


def settle_restored(path: Path, old_home: Path, new_home: Path) -> bool:
    """Let a restored file name what lies in the home where it is now, its database too.

    Returns whether it named a database elsewhere, which a restored home must not share.
    """
    if not path.exists():
        return False
    with _changed(path) as document:
        for kind in ("models", "embedding_models"):
            for entry in cast("dict[str, Any]", document.get(kind, {})).values():
                _move_entry(entry, "directory", old_home, new_home)
        _move_entry(document.get("safety", {}), "policy_file", old_home, new_home)
        return document.pop("database_url", None) is not None


def _move_entry(table: dict[str, Any], key: str, old_home: Path, new_home: Path) -> None:
    old = table.get(key)
    if old is not None and Path(old).is_relative_to(old_home):
        table[key] = str(new_home / Path(old).relative_to(old_home))


class ModelEntries:
    """The tables `[models."NAME"]` of one `understudy.toml`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, name: str, lines: Mapping[str, Any]) -> None:
        """Write a base's lines, replacing those of the same name."""
        with _changed(self._path) as document:
            # A super table has no header of its own, so that [models."NAME"] stands alone.
            models = cast(
                "dict[str, Any]", document.setdefault("models", tomlkit.table(is_super_table=True))
            )
            entry = tomlkit.table()
            entry.update(lines)
            models[name] = entry

    def move(self, name: str, directory: Path) -> None:
        """Give a base that is there another directory and keep the rest of its lines."""
        with _changed(self._path) as document:
            models = cast("dict[str, Any]", document["models"])
            models[name]["directory"] = str(directory)

    def take(self, name: str) -> dict[str, Any]:
        """Remove a base and return its lines; none when it has no entry."""
        with _changed(self._path) as document:
            models = cast("dict[str, Any]", document.get("models", {}))
            entry = models.pop(name, None)
            if not models:
                document.pop("models", None)
            return {} if entry is None else entry.unwrap()


@contextmanager
def _changed(path: Path) -> Generator[tomlkit.TOMLDocument]:
    """Read the file, and write it when the block ends; others wait for their turn meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The directory is locked, not the file, which is another one after every rename.
    lock_fd = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX)
        document = _read(path)
        yield document
        _write(path, document)
    finally:
        os.close(lock_fd)


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
