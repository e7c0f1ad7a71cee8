"""What the project says about itself is true, and nothing tells of the machine it came from."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def own_text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [p for p in paths if p.is_file() and p.suffix not in {".safetensors", ".png"}]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_no_file_names_a_folder_of_the_machine_it_was_written_on():
    # Spelled in pieces, or this very file would be found.
    machine = re.compile("/" + r"(root|home/\w+|Users/\w+|work/(main|shared)|opt/pypi)\b")
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in own_text_files()
        for match in machine.finditer(path.read_text(errors="ignore"))
    }
    assert found == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_page_names_exists(path: Path):
    named = set(re.findall(r"`make ([a-z]+)", path.read_text()))
    named |= set(re.findall(r"^make ([a-z]+)", path.read_text(), re.MULTILINE))
    assert named - make_targets() == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_links_exists(path: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_dependency_is_pinned_and_nothing_else_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}  # type: ignore[index]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    pinned = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    assert names - pinned == set()


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_what_is_installed_is_locked_by_hashes_in_the_tested_versions(kind: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(project["optional-dependencies"]["dev"] if kind == "dev" else []),
    ]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}  # type: ignore[index]
    locked = locked_packages(kind)
    assert names - locked.keys() == {"torch"}
    tested = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    )
    assert {name: tested.get(name, it) for name, it in locked.items()} == locked


def locked_packages(kind: str) -> dict[str, str]:
    """The version of each package in a lock, all of which have hashes."""
    entries = re.split(r"^(?=\S)", (ROOT / f"locks/{kind}.txt").read_text(), flags=re.MULTILINE)[1:]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    return dict(re.match(r"([\w.-]+)==([\w.]+)", entry).groups() for entry in entries)  # type: ignore[union-attr]


def test_every_third_party_import_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["monty"]]
    declared = {re.split(r"[^\w-]", name)[0].replace("-", "_") for name in wanted}
    declared |= {
        "click",
        "h11",
        "pydantic_core",
        "starlette",
    }  # of typer, uvicorn, pydantic, fastapi
    declared |= {"PIL", "yaml"}  # the names under which pillow and pyyaml are imported
    declared |= {"phonenumbers", "stdnum"}  # those of phonenumberslite and python-stdnum
    declared |= {"wandb"}  # optional: imported only where an account is given
    assert third_party_imports() - declared == set()


def third_party_imports() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    tops = {name.partition(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"understudy"}


def test_the_table_of_layers_is_the_contract_of_layers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [set(layer.split(" | ")) for layer in contracts["contracts"][0]["layers"]]
    table = (
        (ROOT / "ARCHITECTURE.md").read_text().partition("\n## Layers\n")[2].partition("\n## ")[0]
    )
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == layers
