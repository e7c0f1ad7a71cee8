"""The items of a run: which are done, one page of them, and what became of each."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.evals import EvalItemRow
from understudy.wording import worded


def done_numbers(session: Session, run_id: str) -> set[int]:
    """Return the numbers of the items that are recorded."""
    return set(session.scalars(select(EvalItemRow.number).where(EvalItemRow.run_id == run_id)))


def get_item(session: Session, run_id: str, item_id: str) -> EvalItemRow:
    """Return an item of a run; raises NotFoundError."""
    query = select(EvalItemRow).where(EvalItemRow.run_id == run_id, EvalItemRow.id == item_id)
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(
            worded(
                "api.output_item_id_not",
                "Output item with id '{item_id}' not found.",
                item_id=item_id[:200],
            ),
            param="output_item_id",
        )
    return row


def list_items(
    session: Session,
    run_id: str,
    cursor: Cursor,
    *,
    status: str | None = None,
) -> Page[EvalItemRow]:
    """Return one page of a run's items."""
    query = select(EvalItemRow).where(EvalItemRow.run_id == run_id)
    if status is not None:
        query = query.where(EvalItemRow.status == status)
    return read_page(session, query, EvalItemRow.number, cursor)


def outcome_columns(
    session: Session, run_id: str
) -> Sequence[tuple[int, str, list[dict[str, Any]]]]:
    """Return number, item key and results of all items of a run, in order.

    Items and samples, which are much larger, are left where they are.
    """
    columns = (EvalItemRow.number, EvalItemRow.item_key, EvalItemRow.results)
    query = select(*columns).where(EvalItemRow.run_id == run_id).order_by(EvalItemRow.number)
    return [(n, key, results) for n, key, results in session.execute(query)]


def items_by_number(session: Session, run_id: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Iterate over the numbers and rows of all items of a run."""
    query = select(EvalItemRow.number, EvalItemRow.item).where(EvalItemRow.run_id == run_id)
    # Closed, because not everybody reads to the end, and PostgreSQL keeps the rest for them.
    with session.execute(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield row.number, row.item


def items_of_numbers(
    session: Session, run_id: str, numbers: Collection[int]
) -> Sequence[EvalItemRow]:
    """Return some items of a run, whole."""
    query = select(EvalItemRow).where(EvalItemRow.run_id == run_id, EvalItemRow.number.in_(numbers))
    return list(session.scalars(query))


def iterate_items(session: Session, run_id: str) -> Iterator[EvalItemRow]:
    """Iterate over all items of a run, in order; none is kept once the next one is read."""
    query = select(EvalItemRow).where(EvalItemRow.run_id == run_id).order_by(EvalItemRow.number)
    with session.execute(query.execution_options(yield_per=100)) as rows:
        for row in rows.scalars():
            yield row
            session.expunge(row)


def item_ids(session: Session, run_id: str, numbers: Sequence[int]) -> dict[int, str]:
    """Return the ids of some items of a run by their numbers."""
    query = select(EvalItemRow.number, EvalItemRow.id).where(
        EvalItemRow.run_id == run_id, EvalItemRow.number.in_(numbers)
    )
    return {row.number: row.id for row in session.execute(query)}


class LabelledItem(NamedTuple):
    """An item with one field of its row and what the graders found."""

    number: int
    id: str
    label: Any
    """None where the row has no such field."""
    results: list[dict[str, Any]]


def labelled_items(session: Session, run_id: str, field: str) -> list[LabelledItem]:
    """Return all items of a run with one field of their rows, in order; samples stay away."""
    columns = (EvalItemRow.number, EvalItemRow.id, EvalItemRow.item, EvalItemRow.results)
    query = select(*columns).where(EvalItemRow.run_id == run_id).order_by(EvalItemRow.number)
    return [
        LabelledItem(number, id, item.get(field), results)
        for number, id, item, results in session.execute(query)
    ]
