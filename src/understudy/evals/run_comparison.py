"""Two runs of an eval compared, from what is recorded of their items."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.status import UNFINISHED
from understudy.evals.verdict.changes import Rate
from understudy.evals.verdict.comparison import MARGIN, Comparison, compare
from understudy.evals.verdict.pairing import Outcome
from understudy.evals.verdict.several import PlacedComparison, compare_several, rate_of_run
from understudy.evals.verdict.statement import Statement
from understudy.graders.grade import GradingError
from understudy.graders.sample import Sample
from understudy.graders.template import read_template, value_of
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import item_ids, items_by_number, outcome_columns
from understudy.storage.evals.runs import get_run
from understudy.storage.tables.evals import EvalRow, EvalRunRow
from understudy.wording import worded

_MAX_FLIPPED = 1000
_MAX_RUNS = 20
_NO_SAMPLE = Sample(given={})


@dataclass(frozen=True, kw_only=True)
class ComparisonWish:
    """How runs are to be compared."""

    margin: float = MARGIN
    """A change of pass rates below this counts as none."""
    is_common_part_enough: bool = False
    """Whether runs over different data are compared by the items that both have."""
    cluster: str | None = None
    """The field of an item by which items are not independent, such as `item.document`."""


@dataclass(frozen=True, kw_only=True)
class FlippedItems:
    """The two items of one row that one run passes and the other fails."""

    number: int
    """Of the row in the base run."""
    base_id: str
    candidate_id: str
    is_improved: bool


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """What a comparison found, of which runs."""

    base: EvalRunRow
    candidate: EvalRunRow
    found: Comparison
    flipped: tuple[FlippedItems, ...]
    """The first of them; there may be more."""


def compare_runs(
    db: Database,
    project_id: str,
    eval_id: str,
    *,
    base_id: str,
    candidate_id: str,
    wish: ComparisonWish,
) -> RunComparison:
    """Compare two runs of a project's eval.

    Raises NotFoundError, and InvalidRequestError while one continues, or for different data.
    """
    with db.read() as session:
        owner = get_eval(session, project_id, eval_id)
        base = get_run(session, project_id, eval_id, base_id)
        candidate = get_run(session, project_id, eval_id, candidate_id)
        _check_ended(base, "base")
        _check_ended(candidate, "candidate")
        shared = _shared_criteria(owner, [base, candidate])
        found = compare(
            _outcomes(session, base, wish.cluster),
            _outcomes(session, candidate, wish.cluster),
            shared.ids,
            margin=wish.margin,
            is_common_part_enough=wish.is_common_part_enough,
        )
        found = shared.noted(found)
        flipped = _flipped(session, found, base, candidate)
        return RunComparison(base=base, candidate=candidate, found=found, flipped=flipped)


def _check_ended(run: EvalRunRow, param: str) -> None:
    if run.status in UNFINISHED:
        raise InvalidRequestError(
            worded(
                "evals.run_still_compare_when",
                "The run {id} is still {status}; compare when it has ended.",
                id=run.id,
                status=run.status,
            ),
            code="run_not_finished",
            param=param,
        )


@dataclass(frozen=True, kw_only=True)
class SeveralRuns:
    """What a comparison of several runs found."""

    runs: tuple[EvalRunRow, ...]
    rates: tuple[Rate, ...]
    """How many items of each run pass."""
    comparisons: tuple[PlacedComparison, ...]


def compare_several_runs(
    db: Database,
    project_id: str,
    eval_id: str,
    run_ids: Sequence[str],
    *,
    wish: ComparisonWish,
    is_every_pair: bool,
) -> SeveralRuns:
    """Compare runs of a project's eval with the first of them, or each with each.

    Raises what `compare_runs` raises.
    """
    if not 2 <= len(run_ids) <= _MAX_RUNS or len(set(run_ids)) < len(run_ids):
        raise InvalidRequestError(
            worded(
                "evals.runs_expected_2_different",
                "Invalid 'runs': expected 2 to {max_runs} different run IDs with "
                "commas between them, the baseline first.",
                max_runs=_MAX_RUNS,
            ),
            code="invalid_value",
            param="runs",
        )
    with db.read() as session:
        owner = get_eval(session, project_id, eval_id)
        runs = [get_run(session, project_id, eval_id, run_id) for run_id in run_ids]
        for run in runs:
            _check_ended(run, "runs")
        outcomes = [_outcomes(session, run, wish.cluster) for run in runs]
    shared = _shared_criteria(owner, runs)
    comparisons = compare_several(
        outcomes,
        shared.ids,
        margin=wish.margin,
        is_common_part_enough=wish.is_common_part_enough,
        is_every_pair=is_every_pair,
    )
    return SeveralRuns(
        runs=tuple(runs),
        rates=tuple(rate_of_run(of_run, shared.ids) for of_run in outcomes),
        comparisons=tuple(
            replace(placed, found=shared.noted(placed.found)) for placed in comparisons
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """The criteria that judged every one of some runs."""

    ids: list[str]
    others: list[str]
    """Names of those that judged only some of them."""

    def noted(self, found: Comparison) -> Comparison:
        """Return a comparison that says what it leaves out."""
        if not self.others:
            return found
        note = Statement(
            code="criteria_left_out",
            values={"criteria": self.others},
            text=f"Without {', '.join(self.others)}, by which not every run was judged.",
        )
        return replace(found, statements=(*found.statements, note))


def _shared_criteria(owner: EvalRow, runs: Sequence[EvalRunRow]) -> _Shared:
    """Return what all runs are judged by: a criterion may be switched off, or was once in use.

    Raises InvalidRequestError when there is none.
    """
    counts = {
        each["id"]: sum(each["id"] in run.criteria for run in runs)
        for each in owner.testing_criteria
    }
    names = {each["id"]: each["name"] for each in owner.testing_criteria}
    ids = [id_ for id_, count in counts.items() if count == len(runs)]
    if not ids:
        raise InvalidRequestError(
            worded(
                "evals.runs_judged_different_criteria",
                "The runs were judged by different criteria, so there is nothing to compare.",
            ),
            code="different_criteria",
            param="candidate",
        )
    return _Shared(
        ids=ids, others=[names[id_] for id_, count in counts.items() if 0 < count < len(runs)]
    )


def _outcomes(session: Session, run: EvalRunRow, cluster: str | None) -> list[Outcome]:
    clusters = {} if cluster is None else _clusters(session, run, cluster)
    return [
        _outcome(number, key, clusters.get(number), [r for r in results if "error" not in r])
        for number, key, results in outcome_columns(session, run.id)
    ]


def _clusters(session: Session, run: EvalRunRow, field: str) -> dict[int, str]:
    """Return what each item of a run belongs to; raises InvalidRequestError where it says not."""
    path = field.strip().removeprefix("{{").removesuffix("}}").strip()
    path = path if path.startswith(("item.", "item[")) else f"item.{path}"
    variables = read_template("{{ " + path + " }}", param="cluster").variables
    found: dict[int, str] = {}
    for number, item in items_by_number(session, run.id):
        try:
            value = value_of(variables[0], _NO_SAMPLE, item)
        except GradingError as error:
            raise InvalidRequestError(
                worded(
                    "evals.row_run_cannot_put",
                    "Row {number} of the run {id} cannot be put into a cluster: it "
                    "has no {path}. Choose a field that every row has.",
                    number=number // run.repeats + 1,
                    id=run.id,
                    path=path,
                ),
                code="invalid_variable",
                param="cluster",
            ) from error
        found[number] = json.dumps(value, sort_keys=True)
    return found


def _outcome(
    number: int, item_key: str, cluster: str | None, judged: Sequence[Mapping[str, Any]]
) -> Outcome:
    return Outcome(
        number=number,
        cluster=cluster,
        item_key=bytes.fromhex(item_key),
        scores={result["name"]: float(result["score"]) for result in judged},
        passes={result["name"]: bool(result["passed"]) for result in judged},
    )


def _flipped(
    session: Session, found: Comparison, base_run: EvalRunRow, candidate_run: EvalRunRow
) -> tuple[FlippedItems, ...]:
    flipped = found.flipped[:_MAX_FLIPPED]
    base = item_ids(session, base_run.id, [item.base_number for item in flipped])
    candidate = item_ids(session, candidate_run.id, [item.candidate_number for item in flipped])
    return tuple(
        FlippedItems(
            number=item.base_number // base_run.repeats,
            base_id=base[item.base_number],
            candidate_id=candidate[item.candidate_number],
            is_improved=item.is_improved,
        )
        for item in flipped
    )
