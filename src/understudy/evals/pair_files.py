"""Preference files out of what runs of evals recorded: looked at, and made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.preference_pairs import (
    FoundPairs,
    GradedAnswer,
    LeftOut,
    find_pairs,
    graded_answer,
    lines_of_pairs,
)
from understudy.evals.status import UNFINISHED
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import iterate_items
from understudy.storage.evals.runs import find_run_of_project
from understudy.storage.files.files import NewFile, get_file, insert_file
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.tables.evals import EvalRow, EvalRunRow
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded

_PURPOSE = "fine-tune"


@dataclass(frozen=True, kw_only=True)
class PairsWish:
    """Which answers make pairs."""

    runs: Sequence[str]
    """Ids of runs; answers of several to one prompt compete."""
    criterion: str | None
    """The name or id of the criterion whose scores decide; None where each run has only one."""
    min_difference: float
    """By how much the scores of a pair differ at least."""


def look_for_pairs(
    db: Database, project_id: str, wish: PairsWish, check_stop: Callable[[], None]
) -> FoundPairs:
    """Return the pairs that runs make; blocks.

    Raises NotFoundError, and InvalidRequestError while a run continues or for a criterion that a
    run was not judged by.
    """
    with db.read() as session:
        runs = [find_run_of_project(session, project_id, id_) for id_ in dict.fromkeys(wish.runs)]
        criteria: list[str] = []
        for run in runs:
            if run.status in UNFINISHED:
                raise InvalidRequestError(
                    worded(
                        "evals.run_still_make_pairs",
                        "The run {id} is still {status}; make pairs when it has ended.",
                        id=run.id,
                        status=run.status,
                    ),
                    code="run_not_finished",
                    param="runs",
                )
            owner = get_eval(session, project_id, run.eval_id)
            criteria.append(_criterion(owner, run, wish.criterion))
        answers = (
            answer
            for run, criterion in zip(runs, criteria, strict=True)
            for answer in _answers(session, run, criterion, check_stop)
        )
        return find_pairs(answers, min_difference=wish.min_difference)


def make_pair_file(
    db: Database,
    blobs: BlobStore,
    project_id: str,
    found: FoundPairs,
    filename: str,
    *,
    request: Repeatable,
) -> FileRow:
    """Store a preference file, or return the one that the same `request` made before; blocks.

    Raises InvalidRequestError when there are no pairs.
    """
    if not found.pairs:
        raise InvalidRequestError(_why_none(found), code="no_pairs", param="runs")
    blob = blobs.write(lines_of_pairs(found.pairs))
    with db.write() as session:
        now = int(db.now(session))
        new = NewFile(
            project_id=project_id,
            purpose=_PURPOSE,
            filename=filename,
            blob=blob,
            created_at=now,
        )
        return once(
            session,
            project_id,
            request,
            now=now,
            find=lambda id_: get_file(session, project_id, id_),
            make=lambda: insert_file(session, new),
        )


def _criterion(owner: EvalRow, run: EvalRunRow, asked: str | None) -> str:
    """Return the id of the criterion that decides in a run."""
    names = {c["id"]: c["name"] for c in owner.testing_criteria if c["id"] in run.criteria}
    fitting = [id_ for id_, name in names.items() if asked in (None, id_, name)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(f"'{name}'" for name in names.values()) or "none"
    if asked is None:
        words = f"The run {run.id} was judged by several criteria. Name one of them: {known}."
    else:
        words = f"The run {run.id} was not judged by '{asked}'. Its criteria: {known}."
    raise InvalidRequestError(words, code="invalid_value", param="criterion")


def _answers(
    session: Session, run: EvalRunRow, criterion: str, check_stop: Callable[[], None]
) -> Iterator[GradedAnswer | LeftOut]:
    offered = (run.data_source.get("sampling_params") or {}).get("tools") or ()
    for row in iterate_items(session, run.id):
        check_stop()
        yield graded_answer(row.item, row.sample, row.results, criterion=criterion, tools=offered)


def _why_none(found: FoundPairs) -> str:
    parts = [
        f"{count} {words}"
        for count, words in (
            (found.single, "prompts have only one answer"),
            (found.too_close, "have answers whose scores are equal or too close"),
            (sum(found.left_out.values()), "answers cannot be used"),
        )
        if count
    ]
    why = "; ".join(parts) or "the runs have no answers"
    return (
        f"No pairs can be made: {why}. Ask each row several times (`repeats` of the run), or give "
        "runs of several models over the same rows."
    )
