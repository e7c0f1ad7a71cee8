"""Embedding models of this server: sentence-transformers directories, and what is read of them."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from understudy.errors import UnderstudyError
from understudy.wording import worded

_MODULES = "modules.json"


class InvalidEmbedderError(UnderstudyError):
    """The directory holds no embedding model that can be used here; the text says why."""


class Pooling(StrEnum):
    """How the states of a text's tokens become one vector."""

    MEAN = "pooling_mode_mean_tokens"
    FIRST = "pooling_mode_cls_token"
    LAST = "pooling_mode_lasttoken"


@dataclass(frozen=True, kw_only=True)
class EmbedderShape:
    """How texts become vectors, as the directory says it."""

    pooling: Pooling
    is_normalized: bool
    """Whether vectors have the length one."""
    dimensions: int
    max_tokens: int
    """Tokens that a text may have, those around it included."""


@dataclass(frozen=True, kw_only=True)
class LocalEmbedder:
    """An embedding model of this server."""

    name: str
    directory: Path

    @property
    def created(self) -> int:
        """The date to show; a model whose files are away for now has none."""
        config = self.directory / "config.json"
        return int(config.stat().st_mtime) if config.exists() else 0


def read_shape(directory: Path) -> EmbedderShape:
    """Read how a model makes vectors; raises InvalidEmbedderError for what is not offered here."""
    kinds = _kinds(directory)
    if [kind for kind, _ in kinds] not in (
        ["Transformer", "Pooling"],
        ["Transformer", "Pooling", "Normalize"],
    ):
        raise InvalidEmbedderError(
            worded(
                "models.cannot_used_names_what",
                "{directory} cannot be used: its {modules} names {names}; what is "
                "supported is Transformer, Pooling and Normalize.",
                directory=directory,
                modules=_MODULES,
                names=", ".join((kind for kind, _ in kinds)) or "nothing",
            )
        )
    pooling = _object(directory / kinds[1][1] / "config.json")
    transformer = _object(directory / "sentence_bert_config.json")
    config = _object(directory / "config.json")
    if not (directory / "tokenizer.json").is_file():
        raise InvalidEmbedderError(
            worded(
                "models.no_tokenizer_json",
                "{directory} has no tokenizer.json.",
                directory=directory,
            )
        )
    # Weights of large models are divided among several files.
    if not any((directory / f"model.safetensors{end}").is_file() for end in ("", ".index.json")):
        raise InvalidEmbedderError(
            worded(
                "models.no_model_safetensors",
                "{directory} has no model.safetensors.",
                directory=directory,
            )
        )
    max_tokens = transformer.get("max_seq_length") or config.get("max_position_embeddings")
    dimensions = pooling.get("word_embedding_dimension")
    if not isinstance(max_tokens, int) or not isinstance(dimensions, int):
        raise InvalidEmbedderError(
            worded(
                "models.does_not_say_how",
                "{directory} does not say how long texts may be and how many numbers "
                "vectors have: 'max_seq_length' in sentence_bert_config.json, "
                "'word_embedding_dimension' in the configuration of its pooling.",
                directory=directory,
            )
        )
    return EmbedderShape(
        pooling=_pooling(directory, pooling),
        is_normalized=len(kinds) == 3,
        dimensions=dimensions,
        max_tokens=max_tokens,
    )


def _kinds(directory: Path) -> list[tuple[str, str]]:
    """Return the modules of a directory: the last part of each type, and its folder."""
    modules = _json(directory / _MODULES)
    if not isinstance(modules, list):
        raise InvalidEmbedderError(
            worded(
                "models.no_list_modules",
                "{directory} is no list of modules.",
                directory=directory / _MODULES,
            )
        )
    rows = [row for row in cast("list[Any]", modules) if isinstance(row, dict)]
    return [(str(row.get("type")).rpartition(".")[2], str(row.get("path", ""))) for row in rows]


def _pooling(directory: Path, given: dict[str, Any]) -> Pooling:
    chosen = [key for key, value in given.items() if key.startswith("pooling_mode_") and value]
    if len(chosen) != 1 or chosen[0] not in list(Pooling):
        raise InvalidEmbedderError(
            worded(
                "models.pools_way_not_supported",
                "{directory} pools in a way that is not supported ({names}); "
                "supported is one of {names2}.",
                directory=directory,
                names=", ".join(chosen) or "none",
                names2=", ".join(Pooling),
            )
        )
    return Pooling(chosen[0])


def _object(path: Path) -> dict[str, Any]:
    value = _json(path)
    if not isinstance(value, dict):
        raise InvalidEmbedderError(
            worded(
                "models.no_json_object",
                "{path} is no JSON object.",
                path=path,
            )
        )
    return cast("dict[str, Any]", value)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidEmbedderError(
            worded(
                "models.missing_embedding_model_directory",
                "{path} is missing; an embedding model is a directory as "
                "sentence-transformers writes it.",
                path=path,
            )
        ) from None
    except (OSError, ValueError) as error:
        raise InvalidEmbedderError(
            worded(
                "models.cannot_read",
                "{path} cannot be read: {error}.",
                path=path,
                error=str(error),
            )
        ) from error
