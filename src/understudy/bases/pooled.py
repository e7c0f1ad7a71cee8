"""A base whose states become vectors: an embedding model that links to the base's files."""

import json
import shutil
from pathlib import Path

from understudy.bases.directory import ModelDirectoryError
from understudy.chat.rendering.model_files import context_length_of, read_json
from understudy.registry.embedders import Pooling

# What a model needs and what no model is harmed by; above all no code and no pickled weights.
_LINKED = ("*.safetensors", "*.json", "*.model", "*.txt")


def pool_base(source: Path, parent: Path, name: str, pooling: Pooling) -> Path:
    """Make an embedding model of a base, which is not changed; it appears complete.

    Its directory is as sentence-transformers writes it. Vectors have the length one. Raises
    ModelDirectoryError for a base without a hidden size.
    """
    target = parent / f"{name.replace('/', '--')}@{pooling.name.lower()}"
    shutil.rmtree(target, ignore_errors=True)
    unfinished = parent / f".{target.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for file in sorted(each for pattern in _LINKED for each in source.glob(pattern)):
            (unfinished / file.name).symlink_to(file.resolve())
        for path, value in _written(source, pooling).items():
            (unfinished / path).parent.mkdir(exist_ok=True)
            (unfinished / path).unlink(missing_ok=True)
            (unfinished / path).write_text(json.dumps(value, indent=2), encoding="utf-8")
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return target


def _written(source: Path, pooling: Pooling) -> dict[str, object]:
    config = read_json(source / "config.json")
    size = config.get("hidden_size") or (config.get("text_config") or {}).get("hidden_size")
    if not isinstance(size, int):
        raise ModelDirectoryError(f"{source} does not say how many numbers its states have.")
    kinds = ("Transformer", "Pooling", "Normalize")
    return {
        "modules.json": [
            {
                "idx": at,
                "name": str(at),
                "path": f"{at}_{kind}" if at else "",
                "type": f"sentence_transformers.models.{kind}",
            }
            for at, kind in enumerate(kinds)
        ],
        "sentence_bert_config.json": {"max_seq_length": context_length_of(config)},
        "1_Pooling/config.json": {"word_embedding_dimension": size, pooling.value: True},
    }
