import json
from pathlib import Path

import pytest

from tests.unit.cli.support import write_model_directory
from understudy.bases.directory import ModelDirectoryError, inspect_model_directory


def test_a_whole_directory_is_described(tmp_path: Path):
    facts = inspect_model_directory(write_model_directory(tmp_path / "m"))
    assert facts.architecture == "LlamaForCausalLM"
    assert facts.parameter_count == 3 * 5 + 7
    assert facts.context_length == 512


def refused(directory: Path, match: str) -> None:
    with pytest.raises(ModelDirectoryError, match=match):
        inspect_model_directory(directory)


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path):
    refused(tmp_path / "nothing", "is not a directory")


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("config.json", "it has no config.json"),
        ("model.safetensors", "no .safetensors weights"),
        ("tokenizer.json", "no tokenizer.json"),
        ("chat_template.jinja", "no chat template"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, missing: str, complaint: str):
    directory = write_model_directory(tmp_path / "m")
    (directory / missing).unlink()
    refused(directory, complaint)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_that_comes_with_a_model_is_refused(tmp_path: Path, name: str):
    directory = write_model_directory(tmp_path / "m")
    config = json.loads((directory / name).read_text())
    config["nested"] = [{"auto_map": {"AutoModel": "evil.Model"}}]
    (directory / name).write_text(json.dumps(config))
    refused(directory, "auto_map")


def test_pickled_weights_alone_are_refused(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    refused(directory, "loading pickled weights can run code")


def test_weights_that_were_cut_short_are_refused(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    refused(directory, "download may be incomplete")


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"\x02" + 7 * b"\0" + b"[]"])
def test_weights_that_are_something_else_are_refused(tmp_path: Path, content: bytes):
    directory = write_model_directory(tmp_path / "m")
    (directory / "model.safetensors").write_bytes(content)
    refused(directory, "model.safetensors is (damaged|not a safetensors file)")


def test_a_missing_shard_is_named(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(directory, r"lacks model-2\.safetensors")


def test_an_index_that_points_out_of_the_directory_is_refused(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (tmp_path / "other.safetensors").write_bytes((directory / "model.safetensors").read_bytes())
    index = {"weight_map": {"a": "../other.safetensors"}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(directory, r"lacks \.\./other")


def test_a_file_that_is_no_json_is_refused(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (directory / "config.json").write_text("{")
    refused(directory, "cannot be read as JSON")


def test_a_model_without_an_architecture_is_refused(tmp_path: Path):
    refused(write_model_directory(tmp_path / "m", architectures=[]), "names no architecture")
