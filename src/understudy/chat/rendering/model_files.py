"""What decides the prompts of a model, read from the files of its transformers directory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from understudy.chat.rendering.vocabulary import Vocabulary

_DEFAULT_CONTEXT = 2048


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def token_text(value: Any) -> str:
    """Read a token of tokenizer_config.json: text, an object with `content`, or absent."""
    if isinstance(value, dict):
        return str(value["content"])
    return value or ""


def own_template(directory: Path) -> str | None:
    """Return the chat template of a transformers directory, or None where it has none."""
    file = directory / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    # Older processors keep theirs in a file of this name; it knows images, the tokenizer's may not.
    source = read_json(directory / "chat_template.json").get("chat_template")
    if not isinstance(source, str):
        source = read_json(directory / "tokenizer_config.json").get("chat_template")
    if isinstance(source, list):
        source = next((entry["template"] for entry in source if entry["name"] == "default"), None)
    return source if isinstance(source, str) else None


def context_length_of(config: Mapping[str, Any]) -> int:
    """Return how many tokens a model reads; those with images say it of their language model."""
    text: Mapping[str, Any] = config.get("text_config") or {}
    own = config.get("max_position_embeddings")
    return int(own or text.get("max_position_embeddings") or _DEFAULT_CONTEXT)


def stop_ids_of(
    vocabulary: Vocabulary, eos_token: str, config: dict[str, Any], generation: dict[str, Any]
) -> list[int]:
    """Collect the ids that end an answer from every place a model directory names them."""
    found: list[int] = []
    for source in (generation.get("eos_token_id"), config.get("eos_token_id")):
        found += source if isinstance(source, list) else [source] if source is not None else []
    if eos_token and (eos_id := vocabulary.id_of(eos_token)) is not None:
        found.append(eos_id)
    return list(dict.fromkeys(found))
