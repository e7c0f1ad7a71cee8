"""The tree is the first document: ARCHITECTURE.md lists it, and no file grows without a reason."""

from pathlib import Path

import pytest

from scripts.write_pages import (
    OPENAPI,
    PACKAGE,
    generated_parts,
    openapi_text,
    package_files,
    part_of,
    sentence_of,
)

MOST_LINES = 400


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", package_files(), ids=name_of)
def test_a_file_says_in_one_sentence_what_it_holds(path: Path):
    sentence, _ = sentence_of(path)
    assert sentence.endswith("."), "the first line of the docstring is not a whole sentence"
    assert len(sentence) > len(path.stem), "the sentence says nothing"


@pytest.mark.parametrize(
    ("page", "name", "text"), generated_parts(), ids=["ARCHITECTURE.md", "README.md"]
)
def test_what_is_generated_in_a_page_is_up_to_date(page: Path, name: str, text: str):
    assert part_of(page.read_text(), name) == text, "run `make pages`"


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [name_of(f) for f in folders if not (f / "__init__.py").exists()] == []


def test_no_file_is_too_long_to_hold_in_the_head():
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_openapi_json_is_up_to_date():
    assert OPENAPI.read_text() == openapi_text(), "run `make pages`"
