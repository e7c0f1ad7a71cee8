"""Runs and output items of elsewhere as requests that import them as history."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from understudy.evals.exchange.definitions import origin, text_pairs, wire_names
from understudy.evals.exchange.documents import Document
from understudy.evals.exchange.problems import Remarks
from understudy.ids import criterion_name
from understudy.schemas.evals.imports import ImportItem, ImportRun

_RUN_FIELDS = frozenset(
    {
        *("object", "id", "eval_id", "name", "model", "status", "created_at", "finished_at"),
        *("metadata", "data_source", "result_counts", "per_testing_criteria_results"),
        *("per_model_usage", "error"),
    }
)
_ITEM_FIELDS = frozenset(
    {
        *("object", "id", "run_id", "eval_id", "created_at", "status", "datasource_item_id"),
        *("datasource_item", "results", "sample"),
    }
)
_ENDED = {"cancelled": "canceled"} | {s: s for s in ("completed", "failed", "canceled")}
_STATUSES = {
    **{"pass": "pass", "passed": "pass", "fail": "fail", "failed": "fail"},
    **{"error": "errored", "errored": "errored"},
}
_EMPTY: tuple[object, ...] = (None, [], {})


class CriterionNames:
    """Finds the criterion that a result names: by its id, or by its name."""

    def __init__(self, criteria: Sequence[Mapping[str, Any]]) -> None:
        self._ids = {criterion["id"] for criterion in criteria}
        names = [criterion["name"] for criterion in criteria]
        self._by_name = {c["name"]: c["id"] for c in criteria if names.count(c["name"]) == 1}

    def id_of(self, name: object) -> str | None:
        """Return the criterion's id, or None when there is none of this name."""
        if not isinstance(name, str):
            return None
        if name in self._ids:
            return name
        return self._by_name.get(name) or self._by_name.get(criterion_name(name))


def run_import(
    document: Document,
    items: Sequence[Document],
    criteria: Sequence[Mapping[str, Any]],
    source: str,
    remarks: Remarks,
) -> dict[str, Any] | None:
    """Return the body that imports a run with its items; None, with a remark, if it cannot be."""
    value = cast("Mapping[str, Any]", document.value)
    status = _ENDED.get(str(value.get("status")))
    if status is None:
        said = f"is '{value['status']}'" if "status" in value else "has no status"
        remarks.leave_out(document.place, f"the run {said}; only runs that ended are history")
        return None
    names = CriterionNames(criteria)
    made = [each for item in items if (each := _item(item, value, names, remarks)) is not None]
    made = _once_each(made, document, remarks)
    body: dict[str, Any] = {
        "imported": origin(document, source, value, _RUN_FIELDS),
        "name": value.get("name") or "",
        "model": value.get("model") or "",
        "status": status,
        "created_at": value.get("created_at"),
        "finished_at": value.get("finished_at"),
        "metadata": text_pairs(document, value.get("metadata"), remarks),
        "data_source": wire_names(value.get("data_source") or {}),
        "result_counts": value.get("result_counts") or _counted(made),
        "per_testing_criteria_results": _criteria(document, value, names, remarks),
        "per_model_usage": value.get("per_model_usage") or [],
        "error": _error(value.get("error")),
        "output_items": [],
    }
    if not _fits(ImportRun, body, document, "the run", remarks):
        return None
    _check_count(document, body["result_counts"], len(made), remarks)
    return {**body, "output_items": made}


def _item(
    document: Document, run: Mapping[str, Any], names: CriterionNames, remarks: Remarks
) -> dict[str, Any] | None:
    value = cast("Mapping[str, Any]", document.value)
    for field in value.keys() - _ITEM_FIELDS:
        if value[field] not in _EMPTY:
            remarks.leave_out(f"{document.place}, {field}", "this field is not known here")
    results = value.get("results") or []
    sample = value.get("sample") or {}
    body = {
        "created_at": value.get("created_at") or run.get("created_at"),
        "status": _STATUSES.get(str(value.get("status")), value.get("status")),
        "datasource_item_id": value.get("datasource_item_id"),
        "datasource_item": value.get("datasource_item"),
        "results": [
            result
            for index, each in enumerate(results)
            if (result := _result(document.part(each, f"results[{index}]"), names, remarks))
        ],
        "sample": _sample(sample) if isinstance(sample, Mapping) else sample,
    }
    return body if _fits(ImportItem, body, document, "the output item", remarks) else None


def _result(document: Document, names: CriterionNames, remarks: Remarks) -> dict[str, Any] | None:
    value = document.value
    if not isinstance(value, Mapping):
        remarks.leave_out(document.place, "the result is no object")
        return None
    result = dict(cast("Mapping[str, Any]", value))
    criterion = names.id_of(result.get("name"))
    if criterion is None:
        text = f"the result is of '{result.get('name')}', which is no criterion of the eval"
        remarks.leave_out(document.place, text)
        return None
    if result.get("score") is None and isinstance(result.get("passed"), bool):
        result["score"] = float(result["passed"])
        remarks.leave_out(
            document.place, f"its score is null; with --partial it is {result['score']:g}"
        )
    return {**result, "name": criterion}


def _sample(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample with the two lists that whoever shows it looks into."""
    return {**given, "input": given.get("input") or [], "output": given.get("output") or []}


def _once_each(
    items: Sequence[dict[str, Any]], document: Document, remarks: Remarks
) -> list[dict[str, Any]]:
    """Return the items in order; of different items with one number only the first is kept."""
    kept: dict[int, dict[str, Any]] = {}
    for item in items:
        number = item["datasource_item_id"]
        if kept.setdefault(number, item) != item:
            text = f"two different output items have the datasource_item_id {number}"
            remarks.leave_out(document.place, text)
    return [kept[number] for number in sorted(kept)]


def _counted(items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    statuses = [item["status"] for item in items]
    return {
        "total": len(items),
        "errored": statuses.count("errored"),
        "failed": statuses.count("fail"),
        "passed": statuses.count("pass"),
    }


def _check_count(
    document: Document, counts: Mapping[str, int], items: int, remarks: Remarks
) -> None:
    done = counts["passed"] + counts["failed"] + counts["errored"]
    if done != items:
        text = f"the run counts {done} finished output items, but {items} are imported"
        remarks.leave_out(document.place, text)


def _criteria(
    document: Document, run: Mapping[str, Any], names: CriterionNames, remarks: Remarks
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index, counted in enumerate(run.get("per_testing_criteria_results") or []):
        place = f"{document.place}, per_testing_criteria_results[{index}]"
        criterion = names.id_of(counted.get("testing_criteria"))
        if criterion is None:
            text = f"'{counted.get('testing_criteria')}' is no criterion of the eval"
            remarks.leave_out(place, text)
            continue
        for field in sorted(counted.keys() - {"testing_criteria", "passed", "failed"}):
            if counted[field]:
                remarks.leave_out(f"{place}.{field}", "this field is not known here")
        both = {key: counted.get(key) for key in ("passed", "failed")}
        found.append({"testing_criteria": criterion, **both})
    return found


def _error(given: Any) -> dict[str, Any] | None:
    """Return the error of a run; OpenAI's older answers have one with empty texts for none."""
    if not isinstance(given, Mapping) or not any(cast("Mapping[str, Any]", given).values()):
        return None
    error = cast("Mapping[str, Any]", given)
    return {"code": error.get("code") or "", "message": error.get("message") or ""}


def _fits(
    schema: type[BaseModel],
    body: Mapping[str, Any],
    document: Document,
    what: str,
    remarks: Remarks,
) -> bool:
    try:
        schema.model_validate(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in problem["loc"])
        remarks.leave_out(document.place, f"{what} cannot be taken: {place}: {problem['msg']}")
        return False
    return True
