"""Writes what is generated: docs/files.md, the tour in README, openapi.json, the sentences."""

import ast
import json
import sys
from itertools import groupby
from pathlib import Path

from scripts.sentences import CATALOGUE, sentences_text
from understudy.server.openapi import openapi_document

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "understudy"
README = ROOT / "README.md"
FILES = ROOT / "docs" / "files.md"
TOUR = ROOT / "examples" / "tour.py"
OPENAPI = ROOT / "openapi.json"

DATA_FILES = {
    "py.typed": "Tells type checkers that the package carries its types.",
    "chat/named_templates/jinja/*": "Chat templates that are shipped, and the parts they share.",
    "bases/known_bases.toml": "The catalogue's data: one table for each known base.",
    "safety/demonstrations/*": "Safe demonstrations to learn from: refusals, and help with twins.",
    "safety/probes/*": "The probe set: requests to decline, each with a harmless twin.",
    "sentences/zh/*": "Sentences in Chinese by their codes, for the commands and the dashboard.",
    "cli/demo/data/*": "Training and held-out questions of the demo.",
    "registry/builtin/*/README.md": "The model card: what the model was taught, how well it does.",
    "registry/builtin/*/*": "A built-in base model: an ordinary transformers directory.",
}
"""Files that cannot say what they are: a pattern and its sentence, the first match counts."""


NOT_OURS = {"__pycache__", "dashboard_files"}
"""Folders of what was made from other files: compiled modules, and the built dashboard."""


def main() -> None:
    """Replace the generated parts."""
    for page, name, text in generated_parts():
        page.write_text(_replaced(page.read_text(), name, text))
    FILES.write_text(files_page())
    OPENAPI.write_text(openapi_text())
    CATALOGUE.write_text(sentences_text())


def generated_parts() -> list[tuple[Path, str, str]]:
    """Return each generated part: its page, the name between its markers, and its text."""
    return [(README, "tour", tour_section())]


def openapi_text() -> str:
    """Return what `openapi.json` has to hold."""
    return json.dumps(openapi_document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def part_of(page: str, name: str) -> str:
    """Return what stands between the markers of a part."""
    return _split(page, name)[1]


def _replaced(page: str, name: str, text: str) -> str:
    before, _, after = _split(page, name)
    return f"{before}{_begin(name)}\n{text}<!-- /{name} -->{after}"


def _split(page: str, name: str) -> tuple[str, str, str]:
    before, rest = page.split(_begin(name) + "\n")
    part, after = rest.split(f"<!-- /{name} -->")
    return before, part, after


def _begin(name: str) -> str:
    return f"<!-- {name}: written by `make pages` -->"


def tour_section() -> str:
    """Return the tour as a block of code."""
    return f"```python\n{TOUR.read_text()}```\n"


def files_page() -> str:
    """Return the page of files: a heading for each folder, a line for each file."""
    text = "# Every file in one sentence\n\nWritten by `make pages` from the first line of each.\n"
    for folder, files in groupby(package_files(), key=lambda path: path.parent):
        name = folder.relative_to(PACKAGE).as_posix()
        text += f"\n### `{'understudy' if name == '.' else name}/`\n\n"
        said: dict[str, str] = {}
        for path in files:
            sentence, pattern = sentence_of(path)
            said.setdefault(pattern, sentence)
        if "__init__.py" in said:
            text += said.pop("__init__.py") + "\n\n"
        text += "".join(f"- `{name}` — {sentence}\n" for name, sentence in said.items())
    return text


def package_files() -> list[Path]:
    """Return every file that ships, folder by folder; empty `__init__.py` say nothing."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    kept = (p for p in files if not NOT_OURS & set(p.parts))
    shown = (p for p in kept if p.name != "__init__.py" or p.stat().st_size)
    return sorted(shown, key=lambda path: (path.parent.parts, path.name))


def sentence_of(path: Path) -> tuple[str, str]:
    """Return the sentence of a file, and the name or pattern to list it under."""
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0], path.name
    relative = path.relative_to(PACKAGE)
    for pattern, sentence in DATA_FILES.items():
        if relative.match(pattern):
            return sentence, pattern.rpartition("/")[2]
    return "", path.name


if __name__ == "__main__":
    sys.exit(main())
