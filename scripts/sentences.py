"""The server's sentences by their codes, read from its source: the English catalogue."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "understudy"
CATALOGUE = ROOT / "dashboard" / "src" / "i18n" / "en" / "sentences.json"


class WordingError(Exception):
    """A call of `worded` that no catalogue can be made from."""


def sentences_text() -> str:
    """Return what the English catalogue has to hold."""
    return json.dumps(server_sentences(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


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
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "worded":
            match node.args:
                case [ast.Constant(value=str(code)), ast.Constant(value=str(text))]:
                    yield code, text, node.lineno
                case _:
                    raise WordingError(f"{path}:{node.lineno}: code and text have to be literals")
