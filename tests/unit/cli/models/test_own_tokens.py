import json
from pathlib import Path

from tests.unit.chat.rendering.test_own_prompts import write_sentence_piece
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.cli.models.own_tokens import compare_with_own


def base(directory: Path, name: str) -> Path:
    directory.mkdir()
    write_sentence_piece(directory, name)
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(settings))
    return directory


def test_a_model_whose_ids_are_its_tokenizers_own_is_said_to_be_equal(tmp_path: Path):
    directory = base(tmp_path / "phi", "phi3 first")
    compared = compare_with_own(ChatRenderer.from_directory(directory), directory)
    assert compared.in_words() == "equal to its own tokenizer's on 200 texts and 6 conversations"


def test_the_first_difference_is_said_with_its_tokens(tmp_path: Path):
    directory = base(tmp_path / "phi", "phi3 first")
    other = base(tmp_path / "always", "phi3 always")
    compared = compare_with_own(ChatRenderer.from_directory(other), directory)
    assert compared.difference is not None
    assert compared.difference.startswith('token 2 of "Hello!" is [')
    assert compared.in_words().startswith("not equal to its own tokenizer's: token 2")


def test_a_tokenizer_that_transformers_cannot_read_is_said(tmp_path: Path):
    directory = base(tmp_path / "phi", "phi3 first")
    renderer = ChatRenderer.from_directory(directory)
    (directory / "tokenizer.json").write_text("{")
    compared = compare_with_own(renderer, directory)
    assert compared.difference is not None
    assert compared.difference.startswith("transformers cannot read it (")
