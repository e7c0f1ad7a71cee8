"""Choosing the chat template of a base, the way a user does."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.unit.chat.templates import write_family
from tests.unit.cli.support import run, words, write_model_directory
from understudy.bases import adding
from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.linked_base import source_of, template_name_of
from understudy.chat.rendering.renderer import ChatRenderer


@pytest.fixture(autouse=True)
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the process that builds the model: it costs seconds and has a test of its own."""
    monkeypatch.setattr(adding, "check_architecture", lambda _directory, _targets: None)


def base(directory: Path, family: str, *, has_template: bool = True) -> Path:
    """A base of a family, as it is downloaded."""
    write_model_directory(directory)
    config = (directory / "config.json").read_text()
    write_family(directory, family)
    (directory / "config.json").write_text(config)
    if not has_template:
        (directory / "chat_template.jinja").unlink()
        (directory / "generation_config.json").unlink()
        settings = {"bos_token": "<bos>", "eos_token": "<eos>"}
        (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    return directory


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def add(home: Path, directory: Path, *more: str):
    return run("models", "add", "m", "--directory", str(directory), "--home", str(home), *more)


def set_template(home: Path, choice: str):
    return run("models", "set-template", "m", choice, "--home", str(home))


def registered(home: Path) -> Path:
    return Path(tomllib.loads((home / "understudy.toml").read_text())["models"]["m"]["directory"])


def test_a_base_that_lacks_tools_keeps_its_template_and_hears_of_the_command(tmp_path: Path):
    directory = base(tmp_path / "b", "gemma3")

    result = add(tmp_path / "home", directory)

    assert result.exit_code == 0, result.output
    assert registered(tmp_path / "home") == directory
    command = f"understudy models set-template m gemma --home {tmp_path / 'home'}"
    assert command in words(result.output)


def test_the_command_that_is_named_gives_the_base_tools(tmp_path: Path):
    home, directory = tmp_path / "home", base(tmp_path / "b", "gemma3")
    before = files(directory)
    add(home, directory, "--lora-rank", "4")

    result = set_template(home, "gemma")

    assert result.exit_code == 0, result.output
    assert "tools: yes" in result.output
    linked = registered(home)
    assert linked.parent == home / "bases"
    assert template_name_of(linked) == "gemma"
    assert ChatRenderer.from_directory(linked).has_tool_calls
    assert (linked / "model.safetensors").resolve() == directory / "model.safetensors"
    assert files(directory) == before
    entry = tomllib.loads((home / "understudy.toml").read_text())["models"]["m"]
    assert entry["lora_rank"] == 4


def test_the_base_that_is_registered_is_rendered_as_it_was_tried(tmp_path: Path):
    directory = base(tmp_path / "b", "gemma3", has_template=False)

    add(tmp_path / "home", directory, "--chat-template", "gemma")

    tried = TemplateFitting.of_directory(directory).named("gemma").renderer
    assert ChatRenderer.from_directory(registered(tmp_path / "home")).hash == tried.hash


def test_a_base_without_a_template_gets_that_of_its_family_and_its_end_token(tmp_path: Path):
    directory = base(tmp_path / "b", "gemma3", has_template=False)

    result = add(tmp_path / "home", directory)

    assert result.exit_code == 0, result.output
    assert "chat template: gemma" in words(result.output)
    renderer = ChatRenderer.from_directory(registered(tmp_path / "home"))
    ends = [renderer.vocabulary.atom(id) for id in renderer.stop_ids]
    assert ends == ["<end_of_turn>", "<eos>"]


def test_where_no_family_is_certain_the_choice_is_the_users(tmp_path: Path):
    directory = base(tmp_path / "b", "shipped-plain", has_template=False)
    settings = {"bos_token": "<s>", "eos_token": "</s>"}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))

    refused = add(tmp_path / "home", directory)

    assert refused.exit_code == 1
    assert "Add --chat-template NAME|FILE" in words(refused.stderr)
    assert "these fit: plain" in words(refused.stderr)
    assert not (tmp_path / "home").exists()
    taken = add(tmp_path / "home", directory, "--chat-template", "plain")
    assert taken.exit_code == 0, taken.output


def test_a_file_is_taken_and_a_bad_one_leaves_nothing(tmp_path: Path):
    directory, home = base(tmp_path / "b", "gemma3"), tmp_path / "home"
    good, bad = tmp_path / "good.jinja", tmp_path / "bad.jinja"
    good.write_text((directory / "chat_template.jinja").read_text() + "{#- mine #}")
    bad.write_text("{% for m in messages %}")

    refused = add(home, directory, "--chat-template", str(bad))
    assert refused.exit_code == 1
    assert "cannot be read" in words(refused.stderr)
    assert not home.exists()
    assert add(home, directory, "--chat-template", str(good)).exit_code == 0
    assert (registered(home) / "chat_template.jinja").read_text().endswith("{#- mine #}")


def test_another_template_is_another_directory_and_the_one_before_stays(tmp_path: Path):
    home, directory = tmp_path / "home", base(tmp_path / "b", "gemma3")
    add(home, directory, "--chat-template", "gemma")
    first = registered(home)

    set_template(home, "tools")
    second = registered(home)
    set_template(home, "gemma")
    third = registered(home)
    set_template(home, "own")

    assert first.is_dir()
    assert second != first
    assert third == first
    assert source_of(second) == directory
    assert registered(home) == directory


def test_a_refused_change_changes_nothing(tmp_path: Path):
    home, directory = tmp_path / "home", base(tmp_path / "b", "gemma3")
    add(home, directory)

    refused = set_template(home, "llama3")

    assert refused.exit_code == 1
    assert "is for Llama 3" in words(refused.stderr)
    assert registered(home) == directory
    assert not (home / "bases").exists()


def test_a_base_that_nobody_added_is_not_changed(tmp_path: Path):
    built_in = run("models", "set-template", "understudy-mini", "chatml", "--home", str(tmp_path))
    unknown = set_template(tmp_path, "chatml")

    assert "is built in" in words(built_in.stderr)
    assert "No base model 'm' was added" in words(unknown.stderr)
    assert not any(tmp_path.iterdir())
