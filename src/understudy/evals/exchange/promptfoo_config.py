"""A configuration of promptfoo as an eval: tests become rows, assertions become criteria.

Prompts and providers belong to runs; they are kept with the eval, and a run names them again.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from understudy.evals.exchange.definitions import origin
from understudy.evals.exchange.documents import Document
from understudy.evals.exchange.problems import Remarks
from understudy.evals.exchange.promptfoo_assertions import (
    NoCounterpartError,
    Translation,
    criterion_of,
)
from understudy.ids import criterion_id

_NO_FIELDS = frozenset({"description", "tests", "defaultTest", "scenarios", "derivedMetrics"})
_ONE_VARIABLE = re.compile(r"\s*{{\s*(\w+)\s*}}\s*")
_EMPTY: tuple[object, ...] = (None, [], {}, "")


@dataclass(frozen=True, kw_only=True)
class _Test:
    """One test case, with what the default test adds."""

    document: Document
    variables: Mapping[str, Any]
    assertions: list[Any]


def promptfoo_eval(
    document: Document, remarks: Remarks
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Return the body that imports the eval, and its rows; None when there is nothing to judge by.

    What has no counterpart is remarked on.
    """
    config = cast("Mapping[str, Any]", document.value)
    default = config.get("defaultTest") or {}
    if not isinstance(default, Mapping):
        remarks.leave_out(f"{document.place}, defaultTest", "it is in another file")
        default = {}
    for key in ("scenarios", "derivedMetrics"):
        if config.get(key) not in _EMPTY:
            remarks.leave_out(f"{document.place}, {key}", "this has no counterpart")
    _name_unknown(document.part(default, "defaultTest"), remarks)
    tests = _tests(document, config, cast("Mapping[str, Any]", default), remarks)
    answer = _answer_variable(config)
    is_ours = bool(tests) and all(isinstance(t.variables.get("item"), Mapping) for t in tests)
    items = [_item(test, answer, is_ours=is_ours) for test in tests]
    translation = Translation(has_item_variable=is_ours, judge=_judge(default))
    criteria = _default_criteria(document, default, translation, remarks)
    criteria += _own_criteria(tests, items, translation, remarks)
    if not criteria:
        remarks.leave_out(document.place, "no assertion is left, so there is nothing to judge by")
        return None
    _make_unique(criteria)
    request = {
        "imported": origin(document, "promptfoo", config, _NO_FIELDS),
        "name": config.get("description") or "Imported from promptfoo",
        "created_at": None,
        "metadata": {},
        "data_source_config": {"type": "custom", "schema": _schema(items)},
        "testing_criteria": criteria,
    }
    return request, [_row(test, item, answer) for test, item in zip(tests, items, strict=True)]


def _tests(
    document: Document, config: Mapping[str, Any], default: Mapping[str, Any], remarks: Remarks
) -> list[_Test]:
    given = config.get("tests") or []
    found: list[_Test] = []
    if not isinstance(given, list):
        remarks.leave_out(f"{document.place}, tests", f"they are in another file ({given})")
        return found
    for index, value in enumerate(cast("list[Any]", given)):
        place = document.part(value, f"tests[{index}]")
        if not isinstance(value, Mapping) or not isinstance(value.get("vars") or {}, Mapping):
            remarks.leave_out(place.place, "the test or its variables are in another file")
            continue
        _name_unknown(place, remarks)
        test = cast("Mapping[str, Any]", value)
        variables = {**(default.get("vars") or {}), **(test.get("vars") or {})}
        asserts = test.get("assert") or []
        found.append(_Test(document=place, variables=variables, assertions=list(asserts)))
    return found


def _name_unknown(document: Document, remarks: Remarks) -> None:
    value = cast("Mapping[str, Any]", document.value)
    for key in value.keys() - {"vars", "assert", "providerOutput"}:
        if key == "options" and set(value[key] or {}) <= {"provider"}:
            continue
        if value[key] not in _EMPTY:
            remarks.leave_out(f"{document.place}, {key}", "this has no counterpart")


def _answer_variable(config: Mapping[str, Any]) -> str | None:
    """Return the variable that holds the answers, where promptfoo only repeats them."""
    prompts = config.get("prompts")
    providers = config.get("providers") or config.get("targets")
    if providers not in ("echo", ["echo"]) or not isinstance(prompts, list) or len(prompts) != 1:
        return None
    found = _ONE_VARIABLE.fullmatch(prompts[0]) if isinstance(prompts[0], str) else None
    return found.group(1) if found else None


def _item(test: _Test, answer: str | None, *, is_ours: bool) -> dict[str, Any]:
    if is_ours:
        filled = dict(test.variables.get("filled") or {})
        exact = filled.pop("item", None)
        item = test.variables["item"] if exact is None else json.loads(exact)
        return {**item, **({"filled": filled} if filled else {})}
    return {name: value for name, value in test.variables.items() if name != answer}


def _row(test: _Test, item: Mapping[str, Any], answer: str | None) -> dict[str, Any]:
    sample = test.variables.get("sample")
    if isinstance(sample, Mapping) and "output_text" in sample:  # as our own exports have it
        return {"item": item, "sample": sample}
    said = test.document.value.get("providerOutput")
    if said is None and answer is not None:
        said = test.variables.get(answer)
    return {"item": item} if said is None else {"item": item, "sample": {"output_text": str(said)}}


def _judge(default: Mapping[str, Any]) -> object:
    options = default.get("options")
    return options.get("provider") if isinstance(options, Mapping) else None


def _default_criteria(
    document: Document, default: Mapping[str, Any], translation: Translation, remarks: Remarks
) -> list[dict[str, Any]]:
    criteria: list[dict[str, Any]] = []
    for index, assertion in enumerate(default.get("assert") or []):
        try:
            criteria.append(criterion_of(assertion, translation))
        except NoCounterpartError as error:
            remarks.leave_out(f"{document.place}, defaultTest.assert[{index}]", str(error))
    return criteria


def _own_criteria(
    tests: list[_Test],
    items: list[dict[str, Any]],
    translation: Translation,
    remarks: Remarks,
) -> list[dict[str, Any]]:
    """Return criteria for assertions that every test has, with values of its own in its row."""
    most = max((len(test.assertions) for test in tests), default=0)
    criteria: list[dict[str, Any]] = []
    for place in range(most):
        column = [t.assertions[place] if place < len(t.assertions) else None for t in tests]
        criterion = _of_column(column, place, translation)
        if criterion is None:
            for test in tests:
                if place < len(test.assertions):
                    remarks.leave_out(
                        f"{test.document.place}, assert[{place}]",
                        "only an assertion that all tests have, with texts of their own, becomes "
                        "a criterion",
                    )
            continue
        for assertion, item in zip(column, items, strict=True):
            if assertion is not None and criterion["reference"].endswith(f".{_field(place)} }}}}"):
                item[_field(place)] = assertion["value"]
        criteria.append(criterion)
    return criteria


def _of_column(column: list[Any], place: int, translation: Translation) -> dict[str, Any] | None:
    """Return one criterion for the assertions at one place of all tests, if there is one."""
    if not all(isinstance(each, Mapping) and isinstance(each.get("value"), str) for each in column):
        return None
    shapes = [{k: v for k, v in each.items() if k != "value"} for each in column]
    if any(shape != shapes[0] for shape in shapes):
        return None
    values = {each["value"] for each in column}
    try:
        if len(values) == 1:
            same = criterion_of(column[0], translation)
            return same if "reference" in same else None
        if any("{{" in value for value in values):
            return None
        reference = f"{{{{ {'item.' if translation.has_item_variable else ''}{_field(place)} }}}}"
        made = criterion_of({**shapes[0], "value": reference}, translation)
    except NoCounterpartError:
        return None
    return made if "reference" in made else None


def _field(place: int) -> str:
    return "expected" if place == 0 else f"expected_{place + 1}"


def _schema(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a schema that asks for what every row has."""
    names = list(dict.fromkeys(name for item in items for name in item))
    item: dict[str, Any] = {"type": "object", "properties": {name: {} for name in names}}
    always = [name for name in names if all(name in each for each in items)]
    if always:
        item["required"] = always
    properties = {"item": item, "sample": {"type": "object"}}
    return {"type": "object", "properties": properties, "required": ["item", "sample"]}


def _make_unique(criteria: list[dict[str, Any]]) -> None:
    """Number criteria of one name, and give each its id."""
    names: dict[str, int] = {}
    for criterion in criteria:
        name = criterion["name"]
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            criterion["name"] = f"{name} {names[name]}"
        criterion["id"] = criterion_id(criterion["name"])
