"""The tree is the first document: docs/files.md lists it, no file or folder grows too large."""

from collections import Counter
from pathlib import Path

import pytest

from scripts.write_pages import (
    FILES,
    OPENAPI,
    PACKAGE,
    ROOT,
    files_page,
    generated_parts,
    openapi_text,
    package_files,
    part_of,
    sentence_of,
)

MAX_LINES = 400
MAX_FILES = 20


CODE = [ROOT / name for name in ("src", "tests", "benchmarks", "built_in_models", "scripts")]
CODE += [ROOT / "dashboard" / "src", ROOT / "dashboard" / "tests"]


def is_code(path: Path) -> bool:
    is_ours = not {"node_modules", "dashboard_files"} & set(path.parts)
    return is_ours and path.suffix in {".py", ".ts", ".tsx"} and path.name != "__init__.py"


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", package_files(), ids=name_of)
def test_a_file_says_in_one_sentence_what_it_holds(path: Path):
    sentence, _ = sentence_of(path)
    assert sentence.endswith("."), "the first line of the docstring is not a whole sentence"
    assert len(sentence) > len(path.stem), "the sentence says nothing"


@pytest.mark.parametrize(("page", "name", "text"), generated_parts(), ids=["README.md"])
def test_what_is_generated_in_a_page_is_up_to_date(page: Path, name: str, text: str):
    assert part_of(page.read_text(), name) == text, "run `make pages`"


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [name_of(f) for f in folders if not (f / "__init__.py").exists()] == []


def test_no_file_is_too_long_to_hold_in_the_head():
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("tree", CODE, ids=lambda tree: tree.name)
def test_no_folder_holds_more_files_than_a_reader_can_survey(tree: Path):
    counts = Counter(path.parent for path in tree.rglob("*") if is_code(path))
    crowded = {f.relative_to(ROOT).as_posix(): n for f, n in counts.items() if n > MAX_FILES}
    assert crowded == {}


def test_unit_tests_mirror_the_source():
    tests = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    assert [f.as_posix() for f in folders if not (PACKAGE / f).is_dir()] == []


def test_the_page_of_files_is_up_to_date():
    assert FILES.read_text() == files_page(), "run `make pages`"


def test_openapi_json_is_up_to_date():
    assert OPENAPI.read_text() == openapi_text(), "run `make pages`"
