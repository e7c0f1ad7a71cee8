"""Two tokenizers compared, token by token."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import write_renderer
from understudy.chat.rendering.same_tokens import token_difference


def changed(directory: Path, change: Any) -> Path:
    file = write_renderer(directory) / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    change(tokenizer["model"]["vocab"])
    file.write_text(json.dumps(tokenizer))
    return directory


def test_the_same_tokens_are_found_in_links_and_in_copies(tmp_path: Path):
    own = write_renderer(tmp_path / "own")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "tokenizer.json").symlink_to(own / "tokenizer.json")

    assert token_difference(own, linked) is None
    assert token_difference(own, write_renderer(tmp_path / "copy")) is None


@pytest.mark.parametrize("is_first", [True, False])
def test_a_token_that_only_one_has_is_named(tmp_path: Path, is_first: bool):
    own = write_renderer(tmp_path / "own")
    more = changed(tmp_path / "more", lambda words: words.update({"zebra": 90_000}))

    said = token_difference(more, own) if is_first else token_difference(own, more)

    one, other = ("'zebra'", "absent") if is_first else ("absent", "'zebra'")
    assert said == f"token 90000 is {one} for one and {other} for the other"
