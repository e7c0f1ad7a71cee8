"""The server's sentences by their codes, read from its source: the English catalogue."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "understudy"
CATALOGUE = ROOT / "dashboard" / "src" / "i18n" / "en" / "sentences.json"
CHINESE = PACKAGE / "sentences" / "zh"

ONLY_ON_TERMINALS = "cli."
"""How codes begin that no page of the dashboard meets."""


class WordingError(Exception):
    """A call of `worded` that no catalogue can be made from."""


def sentences_text() -> str:
    """Return what the dashboard's English catalogue has to hold."""
    shown = {
        code: text
        for code, text in server_sentences().items()
        if not code.startswith(ONLY_ON_TERMINALS)
    }
    return json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def chinese_sentences() -> dict[str, str]:
    """Return every sentence in Chinese; raises WordingError for a code that stands twice."""
    found: dict[str, str] = {}
    for path in sorted(CHINESE.glob("*.json")):
        for code, text in json.loads(path.read_text()).items():
            if code in found:
                raise WordingError(f"{path}: {code} stands in another file too")
            found[code] = text
    return found


def server_sentences() -> dict[str, str]:
    """Return every sentence with its code; raises WordingError for one code with two texts."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for code, text, line in _worded_in(path):
            if found.setdefault(code, text) != text:
                raise WordingError(f"{path}:{line}: {code} stands for another sentence elsewhere")
    return found


def _worded_in(path: Path) -> Iterator[tuple[str, str, int]]:
    source = path.read_text()
    if "from understudy.wording import" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="worded"),
                args=[ast.Constant(value=str(code)), ast.Constant(value=str(text))],
            ):
                yield code, text, node.lineno
            case ast.Call(func=ast.Name(id="worded")):
                raise WordingError(f"{path}:{node.lineno}: code and text have to be literals")
            case _:
                pass
