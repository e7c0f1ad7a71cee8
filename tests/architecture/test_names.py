"""What pages and docstrings name exists: folders, files, modules, and what is in them."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "understudy"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = sorted(
    path
    for tree in ("src", "tests", "examples", "benchmarks", "built_in_models", "scripts")
    for path in (ROOT / tree).rglob("*.py")
)
SOURCES += sorted(p for p in (ROOT / "dashboard" / "src").rglob("*.ts*") if p.name != "schema.ts")

MAX_BYTES = 12_000
REFERENCE = re.compile(r"`([\w-]+(?:/[\w-]+)+)((?:\.\w+)*)/?`")


def folders_of(folder: Path) -> set[str]:
    hidden = {"__pycache__", "dashboard_files"}
    return {f.name for f in folder.iterdir() if f.is_dir() and f.name not in hidden}


# What begins with another word is an address, or the name of a model at the hub.
FIRST = folders_of(ROOT) | folders_of(PACKAGE)


def unknown_names(text: str) -> list[str]:
    """Return what a text names in backticks as `folder/file` or `folder/module.name`, in vain."""
    references = (match.groups() for match in REFERENCE.finditer(text))
    return [
        path + names
        for path, names in references
        if path.partition("/")[0] in FIRST and not exists(path, names)
    ]


def exists(path: str, names: str) -> bool:
    for root in (PACKAGE, ROOT):
        if (root / (path + names)).exists():
            return True
        module = root / f"{path}.py"
        if module.is_file() and (not names or names[1:] in names_in(module)):
            return True
    return False


@cache
def names_in(module: Path) -> frozenset[str]:
    """Return what a module defines: `name`, and `Class.name` for what is in its classes."""
    found: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        found |= names_of(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for part in node.body for name in names_of(part)}
    return frozenset(found)


def names_of(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_names_of_the_tree_exists(page: Path):
    assert unknown_names(page.read_text()) == []


def test_what_docstrings_and_comments_name_of_the_tree_exists():
    unknown = {p.relative_to(ROOT).as_posix(): unknown_names(p.read_text()) for p in SOURCES}
    assert {name: found for name, found in unknown.items() if found} == {}


def test_what_modules_name_of_their_own_folder_exists():
    unknown = {
        path.relative_to(ROOT).as_posix(): name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"`(\w+\.py)`", path.read_text())
        if not (path.parent / name).exists()
    }
    assert unknown == {}


def test_names_that_do_not_exist_are_found():
    missing = ["jobs/nowhere", "jobs/lease.nothing", "work/lease.Hold.nothing", "docs/nowhere.md"]
    there = ["jobs/lease.JOBS", "work/lease.Hold", "docs/files.md", "server/http/", "work/loop"]
    assert unknown_names(" ".join(f"`{name}`" for name in [*missing, *there])) == missing


def test_architecture_md_is_short_enough_to_be_read_whole():
    assert ARCHITECTURE.stat().st_size <= MAX_BYTES


def test_every_arrow_of_architecture_md_is_a_call():
    arrow = re.compile(rf"{REFERENCE.pattern}(?=\s→\s{REFERENCE.pattern})")
    found = [match.groups() for match in arrow.finditer(ARCHITECTURE.read_text())]
    assert len(found) > 20
    assert [names for names in found if not mentions(*names)] == []


def mentions(path: str, _: str, called: str, name: str) -> bool:
    """Say whether a module mentions what the arrow from it points to."""
    last = name.rpartition(".")[2] or called.rpartition("/")[2]
    return re.search(rf"\b{last}\b", (PACKAGE / f"{path}.py").read_text()) is not None


def test_architecture_md_has_a_line_for_every_room():
    rooms = ARCHITECTURE.read_text().partition("\n## Rooms\n")[2].partition("\n## ")[0]
    inside = rooms.partition("src/understudy/")[2]
    named = set(re.findall(r"^    (\w+)/", inside, re.MULTILINE))
    assert named == folders_of(PACKAGE)
    inner = {f"{room}/{name}" for room in named for name in folders_of(PACKAGE / room)}
    assert [path for path in sorted(inner) if path.partition("/")[2] + "/" not in inside] == []
