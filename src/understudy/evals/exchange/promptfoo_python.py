"""Graders as inline Python of a promptfoo configuration, which gets the whole `sample`."""

import json
import re
from collections.abc import Mapping
from typing import Any

NEEDS_UNDERSTUDY = "from understudy."
"""What the code of an assertion has in it that needs this package where promptfoo runs."""
_MARKS = re.compile(r"{(?=[{%#])|[%#](?=})")

# Promptfoo parses what it can; the raw answer is what the graders of an eval are given.
_SAMPLE = """\
import json

variables = context["test"]["vars"]
exact = variables.get("filled", dict()).get("item")
item = variables["item"] if exact is None else json.loads(exact)
sample = variables.get("sample")
if sample is None:
    raw = (context.get("providerResponse") or {}).get("raw")
    raw = json.loads(raw) if isinstance(raw, str) and raw.startswith("{") else raw
    choices = raw["choices"] if isinstance(raw, dict) and raw.get("choices") else None
    if choices is None:
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        choices = [dict(index=0, message=dict(role="assistant", content=text))]
    message = choices[0]["message"]
    sample = dict(
        output_text=message.get("content") or "",
        output_tools=message.get("tool_calls") or [],
        choices=choices,
    )
try:
    output_json = json.loads(sample["output_text"])
except ValueError:
    output_json = None
"""
_CODE = """\
module = dict(__name__="grader")
exec(compile("\\n".join(source), "grader", "exec"), module)
score = float(module["grade"](dict(sample, output_json=output_json), item))
return dict([("pass", score >= {threshold!r}), ("score", score), ("reason", f"score {{score:g}}")])
"""
_GRADER = """\
from understudy.graders.offline import grade_offline
return grade_offline(json.loads(grader), sample, item)
"""


def own_code(source: str, threshold: float) -> str:
    """Return the assertion that runs the source of a python grader as it is."""
    lines = "".join(f"    {_literal(line)},\n" for line in source.split("\n"))
    return f"{_SAMPLE}source = [\n{lines}]\n{_CODE.format(threshold=threshold)}"


def own_grader(criterion: Mapping[str, Any]) -> str:
    """Return the assertion that grades with this package, which then has to be installed."""
    grader = {key: value for key, value in criterion.items() if key != "id"}
    text = json.dumps(grader, ensure_ascii=False)
    return f"{_SAMPLE}grader = {_literal(text)}\n{_GRADER}"


def _literal(text: str) -> str:
    """Write a text in Python so that promptfoo sees no template in it."""
    written = repr(text)
    return _MARKS.sub(lambda mark: f"{mark.group()}{written[0]} {written[0]}", written)
