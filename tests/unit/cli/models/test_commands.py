import tomllib
from pathlib import Path

import pytest

from tests.unit.bases.gguf_files import write_gguf
from tests.unit.cli.support import run, words, write_model_directory
from tests.unit.worker.support import write_base
from understudy.bases import adding


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the process that builds the model: it costs seconds and has a test of its own."""
    monkeypatch.setattr(adding, "check_architecture", lambda _directory, _targets: None)


def add(home: Path, *arguments: str):
    return run("models", "add", *arguments, "--home", str(home))


def settings(home: Path) -> dict[str, object]:
    return tomllib.loads((home / "understudy.toml").read_text())


@pytest.mark.slow
def test_a_real_directory_is_checked_and_added(tmp_path: Path):
    directory = write_base(tmp_path / "base")
    result = add(tmp_path / "home", "my/base", "--directory", str(directory))
    assert result.exit_code == 0, result.output
    assert "Added my/base." in result.output
    assert "LlamaForCausalLM" in result.output
    assert settings(tmp_path / "home") == {"models": {"my/base": {"directory": str(directory)}}}


def test_a_template_that_does_not_exist_is_refused_before_anything_is_unpacked(tmp_path: Path):
    file = write_gguf(tmp_path / "m.gguf")
    result = add(tmp_path / "home", "tiny", "--gguf", str(file), "--chat-template", "gemma3")
    assert result.exit_code == 1
    assert "There is no chat template 'gemma3'" in words(result.stderr)
    assert "llama3, gemma, mistral" in words(result.stderr)
    assert "Unpacking" not in result.stdout
    assert not (tmp_path / "home" / "bases").exists()


@pytest.mark.slow
def test_a_gguf_file_is_unpacked_into_the_home_and_said_with_the_numbers(tmp_path: Path):
    file = write_gguf(tmp_path / "m.gguf")
    result = add(tmp_path / "home", "tiny", "--gguf", str(file))
    assert result.exit_code == 0, result.output
    size = file.stat().st_size
    own = tmp_path / "home" / "bases" / "tiny"
    unpacked = (own / "model.safetensors").stat().st_size
    assert f"unpacked from Q8_0 ({size:,} bytes) to bfloat16 ({unpacked:,} bytes)" in words(
        result.output
    )
    assert settings(tmp_path / "home") == {"models": {"tiny": {"directory": str(own)}}}
    again = add(tmp_path / "home", "tiny", "--gguf", str(file))
    assert "already exists" in words(again.stderr)
    both = add(tmp_path / "home", "m", "--gguf", str(file), "--directory", str(tmp_path))
    assert "not both" in words(both.stderr)


@pytest.mark.slow
def test_an_architecture_that_cannot_be_loaded_is_refused(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m", model_type="never_heard_of")
    result = add(tmp_path / "home", "mine", "--directory", str(directory))
    assert result.exit_code == 1
    assert "cannot be loaded" in words(result.stderr)
    assert not (tmp_path / "home").exists()


@pytest.mark.usefixtures("trusting")
def test_a_copy_takes_what_a_model_needs_and_nothing_else(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (directory / "modeling_evil.py").write_text("raise SystemExit")
    (directory / "pytorch_model.bin").write_bytes(b"pickle")
    result = add(tmp_path / "home", "a/b", "--directory", str(directory), "--copy")
    assert result.exit_code == 0, result.output
    copied = tmp_path / "home" / "bases" / "a--b"
    assert settings(tmp_path / "home") == {"models": {"a/b": {"directory": str(copied)}}}
    assert sorted(path.name for path in copied.iterdir()) == [
        "chat_template.jinja",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    again = add(tmp_path / "home", "a/b", "--directory", str(directory), "--copy")
    assert again.exit_code == 1
    assert "already exists" in words(again.stderr)


@pytest.mark.usefixtures("trusting")
def test_a_model_without_tool_calls_says_so(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (directory / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    result = add(tmp_path / "home", "m", "--directory", str(directory))
    assert result.exit_code == 0
    assert "requests and training files with tools are refused" in words(result.output)


@pytest.mark.parametrize("name", ["../x", ".hidden", "a/b/c", "ft:x", "a b", ""])
def test_names_that_could_mean_something_else_are_refused(tmp_path: Path, name: str):
    directory = write_model_directory(tmp_path / "m")
    result = add(tmp_path / "home", name, "--directory", str(directory))
    assert result.exit_code == 1
    assert "is not a valid model name" in words(result.stderr)


def test_a_name_that_is_an_alias_is_refused(tmp_path: Path):
    home = tmp_path / "home"
    directory = write_model_directory(tmp_path / "m")
    home.mkdir()
    (home / "understudy.toml").write_text(
        f'[aliases]\nshort = "m"\n[models.m]\ndirectory = "{directory}"\n'
    )
    result = add(home, "short", "--directory", str(directory))
    assert result.exit_code == 1
    assert "is already an alias" in words(result.stderr)


def test_without_a_network_the_way_around_is_told(tmp_path: Path):
    """Tests run with the hub switched off, which reads like a machine without a network."""
    result = add(tmp_path / "home", "Qwen/Qwen3-0.6B")
    assert result.exit_code == 1
    assert "is unreachable" in words(result.stderr)
    assert "--directory DIR" in words(result.stderr)


def test_a_broken_settings_file_is_told_without_a_traceback(tmp_path: Path):
    (tmp_path / "understudy.toml").write_text("organization = ")
    result = add(tmp_path, "m", "--directory", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("trusting")
def test_how_jobs_train_a_base_is_written_beside_its_directory(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    full = add(tmp_path / "home", "whole", "--directory", str(directory), "--training", "full")
    lora = add(
        *(tmp_path / "home", "small", "--directory", str(directory), "--lora-rank", "4"),
        *("--lora-target", "q_proj", "--lora-target", "v_proj"),
    )
    assert "training: all weights" in full.output
    assert "training: LoRA of rank 4 and alpha 8 on q_proj, v_proj" in lora.output
    assert settings(tmp_path / "home") == {
        "models": {
            "whole": {"directory": str(directory), "training": "full"},
            "small": {
                "directory": str(directory),
                "lora_rank": 4,
                "lora_targets": ["q_proj", "v_proj"],
            },
        }
    }


def test_what_cannot_be_trained_so_is_refused_before_anything_is_written(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    result = add(
        tmp_path, "m", "--directory", str(directory), "--training", "full", "--lora-rank", "4"
    )
    assert result.exit_code == 1
    assert 'lora_rank means nothing with training = "full"' in words(result.stderr)
    assert not (tmp_path / "understudy.toml").exists()
