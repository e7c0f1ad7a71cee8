"""Running commands the way a shell does, and model directories to give them."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from typer.testing import CliRunner, Result

from tests import tiny
from understudy.cli.main import app


def run(*arguments: str, **environment: str) -> Result:
    """Run `understudy` with these arguments; nothing of it is swallowed but its exit."""
    result = CliRunner().invoke(app, list(arguments), env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def words(text: str) -> str:
    """The text without the line breaks that a narrow terminal needs."""
    return " ".join(text.split())


def write_model_directory(directory: Path, **config: object) -> Path:
    """A directory with everything a model needs; its weights are a few numbers."""
    tiny.write_renderer(directory)
    described = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **config}
    described.setdefault("max_position_embeddings", 512)
    (directory / "config.json").write_text(json.dumps(described))
    save_file({"a": torch.zeros(3, 5), "b": torch.zeros(7)}, directory / "model.safetensors")
    return directory
