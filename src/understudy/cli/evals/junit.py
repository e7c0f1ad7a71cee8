"""The items of a run and the gate's checks as JUnit XML, which build servers show."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from understudy.cli.evals.api import Json
from understudy.cli.evals.gate import Check, Decision
from understudy.ids import criterion_name

_MAX_NAME, _MAX_TEXT = 80, 4000
# XML 1.0 has no way to write these.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {"fail": "failure", "errored": "error"}
_CHECKS = {Decision.FAILED: "failure", Decision.UNDECIDED: "error"}


def junit_xml(eval_name: str, run: Json, items: Iterable[Json], checks: Sequence[Check]) -> bytes:
    """Return the report of a run: a test case for each item, and for each check of the gate.

    A run that did not complete has one more test case, which says why.
    """
    root = ElementTree.Element("testsuites", name="understudy evals")
    suite = _suite(root, eval_name, run)
    properties = ElementTree.SubElement(suite, "properties")
    for name in ("id", "eval_id", "model", "status", "report_url"):
        ElementTree.SubElement(properties, "property", name=name, value=_text(str(run[name])))
    if run["status"] != "completed":
        error = run["error"] or {"message": f"The run is {run['status']}."}
        _case(suite, eval_name, "the run completes", "error", error["message"], error["message"])
    for item in items:
        _case(suite, eval_name, _name(item), _KINDS.get(item["status"]), *_reason(item))
    _count(suite)
    if checks:
        gate = _suite(root, f"{eval_name}: gate", run)
        for check in checks:
            kind = _CHECKS.get(check.decision)
            _case(gate, f"{eval_name}: gate", check.name, kind, check.message, check.message)
        _count(gate)
    _count(root)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(root: ElementTree.Element, name: str, run: Json) -> ElementTree.Element:
    began = datetime.fromtimestamp(run["created_at"], UTC).isoformat(timespec="seconds")
    return ElementTree.SubElement(root, "testsuite", name=_text(name), timestamp=began)


def _case(
    suite: ElementTree.Element, owner: str, name: str, kind: str | None, message: str, text: str
) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=_text(owner), name=_text(name))
    if kind is not None:
        ElementTree.SubElement(case, kind, message=_text(message)).text = _text(text)


def _count(element: ElementTree.Element) -> None:
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(attribute, str(len(element.findall(f".//{tag}"))))


def _name(item: Json) -> str:
    """Name an item so that build servers find it again in the next run over the same data."""
    return f"item {item['datasource_item_id'] + 1}: {_json(item['datasource_item'])[:_MAX_NAME]}"


def _reason(item: Json) -> tuple[str, str]:
    """Return in one line and at length why an item did not pass."""
    problems = [_problem(result) for result in item["results"] if not result["passed"]]
    sample = item["sample"]
    if sample.get("error"):
        problems.append(f"no completion: {sample['error']['message']}")
    lines = [f"item: {_json(item['datasource_item'])}"]
    lines += [f"completion: {_said(message)}" for message in sample.get("output") or ()]
    for result in item["results"]:
        if not result["passed"] and result.get("sample"):
            lines.append(f"{criterion_name(result['name'])}: {_json(result['sample'])}")
    message = "; ".join(problems) or "the item did not pass"
    return message[:_MAX_TEXT], "\n".join([*problems, *lines])[:_MAX_TEXT]


def _problem(result: Json) -> str:
    name = criterion_name(result["name"])
    error = result.get("error")
    if error:
        return f"{name}: {error['message']}"
    return f"{name}: score {result['score']:g}"


def _said(message: Json) -> str:
    text = message.get("content")
    calls = message.get("tool_calls")
    said = text if isinstance(text, str) else _json(text)
    return f"{said} {_json(calls)}" if calls else said


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
