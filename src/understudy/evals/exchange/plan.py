"""What an import is going to do: evals with their runs and rows, from everything in the files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from understudy.errors import InvalidRequestError
from understudy.evals.exchange.definitions import eval_import, with_judges
from understudy.evals.exchange.documents import Document
from understudy.evals.exchange.history import run_import
from understudy.evals.exchange.imports import eval_request
from understudy.evals.exchange.problems import Remarks
from understudy.evals.exchange.promptfoo_config import promptfoo_eval
from understudy.evals.exchange.sorting import Found, FoundRun
from understudy.evals.verdict.pairing import item_key
from understudy.wording import worded


@dataclass(kw_only=True)
class PlannedEval:
    """An eval to be imported."""

    place: str
    id: str | None
    """Its id where it came from."""
    request: dict[str, Any]
    """The body of `POST /v1/x/evals/import`."""
    runs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Bodies of `POST /v1/x/evals/{eval_id}/runs/import`."""
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Data that no run has, as lines of a file for runs."""


def plan_import(found: Found, judges: Mapping[str, str], remarks: Remarks) -> list[PlannedEval]:
    """Return what is to be imported; what cannot be is remarked on.

    Raises InvalidRequestError for a judge that no grader asks.
    """
    planned = _evals(found, remarks)
    _add_runs(planned, found, remarks)
    _add_rows(planned, found, remarks)
    replaced = {name for each in planned for name in with_judges(each.request, judges)}
    missing = sorted(set(judges) - replaced)
    if missing:
        raise InvalidRequestError(
            worded(
                "evals.no_grader_files_asks",
                "No grader in the files asks the model '{missing}'.",
                missing=missing[0],
            )
        )
    return planned


def source_of(document: Document) -> str:
    """Return whose API an object is from; ours adds a field to OpenAI's."""
    return "understudy" if "imported" in document.value else "openai"


def _evals(found: Found, remarks: Remarks) -> list[PlannedEval]:
    planned: list[PlannedEval] = []
    for place, document in enumerate(found.evals):
        if any(document.value == other.value for other in found.evals[:place]):
            continue  # once alone and once in a list, say
        id_ = _text(document.value.get("id"))
        request = eval_import(document, source_of(document), remarks)
        if request is not None:
            planned.append(PlannedEval(place=document.place, id=id_, request=request))
    for document in found.graders:
        wrapped = Document(
            value=eval_request(document.value), file=document.file, place=document.place
        )
        request = eval_import(wrapped, "openai", remarks)
        if request is not None:
            planned.append(PlannedEval(place=document.place, id=None, request=request))
    for document in found.promptfoo:
        made = promptfoo_eval(document, remarks)
        if made is not None:
            request, rows = made
            planned.append(PlannedEval(place=document.place, id=None, request=request, rows=rows))
    return planned


def _add_runs(planned: Sequence[PlannedEval], found: Found, remarks: Remarks) -> None:
    items: dict[str | None, list[Document]] = {}
    for item in found.items:
        run_id = _text(item.document.value.get("run_id")) or item.run_id
        items.setdefault(run_id, []).append(item.document)
    seen: set[str] = set()
    for run in found.runs:
        id_ = _text(run.document.value.get("id"))
        if id_ is None or id_ in seen:
            if id_ is None:
                remarks.leave_out(run.document.place, "the run has no id")
            continue
        seen.add(id_)
        owners = _owners(planned, run)
        own = items.pop(id_, [])
        if len(owners) != 1:
            named = run.document.value.get("eval_id") or "an eval"
            what = "which is not imported" if not owners else "and there are several of this id"
            remarks.leave_out(run.document.place, f"the run is of {named}, {what}")
            continue
        owner = owners[0]
        body = run_import(
            run.document,
            own,
            owner.request["testing_criteria"],
            source_of(run.document),
            remarks,
        )
        if body is not None:
            owner.runs.append(body)
    for run_id, lost in items.items():
        text = f"{len(lost)} output items of {run_id or 'a run'}, which is not in the files"
        remarks.leave_out(lost[0].place, text)


def _owners(planned: Sequence[PlannedEval], run: FoundRun) -> list[PlannedEval]:
    id_ = _text(run.document.value.get("eval_id")) or run.eval_id
    if id_ is None:
        return list(planned)
    return [each for each in planned if each.id == id_]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _add_rows(planned: Sequence[PlannedEval], found: Found, remarks: Remarks) -> None:
    """Keep the rows of bundles that stand in no run."""
    known = {
        each.id: {item_key(i["datasource_item"]) for r in each.runs for i in r["output_items"]}
        for each in planned
    }
    for eval_id, row in found.rows:
        owner = next((each for each in planned if each.id == eval_id), None)
        if owner is None or not isinstance(row.value, Mapping):
            remarks.leave_out(row.place, "the row is no object, or its eval is not imported")
        elif item_key(cast("Mapping[str, Any]", row.value)) not in known[owner.id]:
            owner.rows.append({"item": row.value})
