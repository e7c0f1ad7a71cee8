"""What a schema demands of a text, as a term of a grammar, where texts are not written as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from understudy.chat.grammar.schemas import compiling_problem

# What stands for itself in a pattern, so that what is left of it shows where its parts begin.
_OPAQUE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)

_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_CLOCK}:[0-5][0-9](\.[0-9]{{1,9}})?(Z|[+-]{_CLOCK})"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "email": rf"[A-Za-z0-9_+-]{{1,64}}(\.[A-Za-z0-9_+-]{{1,64}})*@{_LABEL}(\.{_LABEL}){{1,4}}",
    "hostname": rf"{_LABEL}(\.{_LABEL}){{0,4}}",
    "ipv4": rf"{_BYTE}(\.{_BYTE}){{3}}",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}


def text_rule(schema: Mapping[str, Any]) -> str | None:
    """Return an expression for texts of the length, pattern and format of a schema, "" for any.

    None where texts cannot be held to what the schema says.
    """
    rules: list[str] = []
    if "format" in schema:
        if schema["format"] not in _FORMATS:
            return None
        rules.append(f"/{_FORMATS[schema['format']]}/")
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if least or most is not None:
        rules.append(f"/(?s:.{{{least},{'' if most is None else most}}})/")
    if "pattern" in schema:
        whole = _whole(str(schema["pattern"]))
        said = json.dumps({"type": "string", "pattern": schema["pattern"]})
        if whole is None or compiling_problem(said, is_strict=True) is not None:
            return None
        rules.append(f"/{whole}/")
    return " & ".join(rules)


def _whole(pattern: str) -> str | None:
    """Return an expression for the whole of the texts in which a pattern is found.

    None where it has alternatives or ends of texts at other places than at its own ends.
    """
    begins = pattern.startswith("^")
    ends = re.search(r"(?<!\\)(?:\\\\)*\$$", pattern) is not None
    inner = pattern[begins : len(pattern) - ends]
    shape = _OPAQUE.sub("x", inner)
    depth = 0
    for character in shape:
        depth += (character == "(") - (character == ")")
        if character in "^$" or (character == "|" and depth == 0 and (begins or ends)):
            return None
    escaped = re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], inner)
    return "".join(
        ["" if begins else "(?s:.*)", f"(?:{escaped})", "" if ends else "(?s:.*)"]
    ).replace("\n", r"\n")
