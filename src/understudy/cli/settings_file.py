"""Writes entries of `understudy.toml` atomically and keeps its other content."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from understudy.config.settings import SettingsError


def write_aliases(path: Path, aliases: Mapping[str, str]) -> None:
    """Add aliases, replacing those of the same name."""
    document = _read(path)
    table = cast("dict[str, Any]", document.setdefault("aliases", tomlkit.table()))
    table.update(aliases)
    _write(path, document)


def write_model(path: Path, name: str, directory: Path, training: Mapping[str, Any]) -> None:
    """Add a base model and its training settings, replacing one of the same name."""
    document = _read(path)
    # A super table has no header of its own, so that [models."NAME"] stands alone.
    models = cast(
        "dict[str, Any]", document.setdefault("models", tomlkit.table(is_super_table=True))
    )
    entry = tomlkit.table()
    entry["directory"] = str(directory)
    entry.update(training)
    models[name] = entry
    _write(path, document)


def write_model_directory(path: Path, name: str, directory: Path) -> None:
    """Give a base model that was added another directory and keep the rest of its settings."""
    document = _read(path)
    models = cast("dict[str, Any]", document["models"])
    models[name]["directory"] = str(directory)
    _write(path, document)


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
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
