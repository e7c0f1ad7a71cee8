"""A run that ended elsewhere, and its items, as rows: history that no runner takes."""

from collections.abc import Collection, Sequence
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.evals.verdict.pairing import item_key
from understudy.ids import new_id
from understudy.schemas.evals.imports import ImportItem, ImportRun, Origin
from understudy.storage.tables.evals import EvalItemRow, EvalRow, EvalRunRow
from understudy.wording import worded


def imported_run(
    body: ImportRun, owner: EvalRow, *, now: int, report_address: str
) -> tuple[EvalRunRow, list[EvalItemRow]]:
    """Return the rows of the run that `body` describes, with its own times and counts.

    Raises InvalidRequestError with the path of what does not fit: a result of a criterion that
    the eval does not have, or two items of one number.
    """
    known = {criterion["id"] for criterion in owner.testing_criteria}
    for index, counted in enumerate(body.per_testing_criteria_results):
        place = f"per_testing_criteria_results[{index}].testing_criteria"
        _check_known(counted.testing_criteria, known, place)
    _check_items(body.output_items, known)
    run_id = new_id("evalrun_")
    run = EvalRunRow(
        id=run_id,
        eval_id=owner.id,
        project_id=owner.project_id,
        name=body.name or f"{owner.name}, imported"[:512],
        model=body.model,
        status=body.status,
        created_at=body.created_at,
        finished_at=body.finished_at,
        pairs=body.metadata,
        data_source=body.data_source,
        imported=origin_value(body.imported, now),
        rows_blob="",
        report_url=f"{report_address}/evals/{owner.id}/runs/{run_id}",
        **body.result_counts.model_dump(),
        criteria=_criteria(body),
        usage={
            used.model_name: {
                "invocations": used.invocation_count,
                "prompt_tokens": used.prompt_tokens,
                "completion_tokens": used.completion_tokens,
                "cached_tokens": used.cached_tokens,
            }
            for used in body.per_model_usage
        },
        error_code=body.error.code if body.error else None,
        error_message=body.error.message if body.error else None,
    )
    return run, [_item(run_id, item) for item in body.output_items]


def origin_value(origin: Origin, now: int) -> dict[str, Any]:
    """Return what is kept of where an object came from."""
    return {**origin.model_dump(), "at": now}


def _criteria(body: ImportRun) -> dict[str, dict[str, int]]:
    """Return the counts of all criteria that judged the run, which its items may show alone."""
    counted = {
        each.testing_criteria: {"passed": each.passed, "failed": each.failed}
        for each in body.per_testing_criteria_results
    }
    found: dict[str, dict[str, int]] = {}
    for item in body.output_items:
        for result in item.results:
            counts = found.setdefault(result.name, {"passed": 0, "failed": 0})
            counts["passed" if result.passed else "failed"] += 1
    return counted or found


def _check_items(items: Sequence[ImportItem], known: Collection[str]) -> None:
    numbers: set[int] = set()
    for index, item in enumerate(items):
        if item.datasource_item_id in numbers:
            raise _refusal(
                f"output_items[{index}].datasource_item_id",
                f"there are two items of the number {item.datasource_item_id}",
            )
        numbers.add(item.datasource_item_id)
        for place, result in enumerate(item.results):
            _check_known(result.name, known, f"output_items[{index}].results[{place}].name")


def _check_known(criterion: str, known: Collection[str], param: str) -> None:
    if criterion not in known:
        raise _refusal(param, f"the eval has no criterion with the id '{criterion[:200]}'")


def _refusal(param: str, what: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.wrong_value",
            "Invalid '{param}': {what}.",
            param=param,
            what=what,
        ),
        code="invalid_imported_run",
        param=param,
    )


def _item(run_id: str, item: ImportItem) -> EvalItemRow:
    return EvalItemRow(
        run_id=run_id,
        number=item.datasource_item_id,
        id=new_id("outputitem_"),
        created_at=item.created_at,
        status=item.status,
        item_key=item_key(item.datasource_item).hex(),
        item=item.datasource_item,
        results=[result.model_dump() for result in item.results],
        sample=item.sample,
    )
