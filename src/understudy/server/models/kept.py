"""Models as things that are kept: what is known of each, and the room that everything takes."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.jobs import export_rows
from understudy.jobs.export_rows import ExportStatus
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.registry.embedders import LocalEmbedder
from understudy.registry.remote_models import RemoteEndpoint
from understudy.registry.tuning import TrainedWeights
from understudy.server.models import service
from understudy.server.models.service import Alias, AnyModel
from understudy.server.models.weights import StoredWeights, WeightsReader
from understudy.server.services import Services
from understudy.storage.answers.sizes import StoredSize, stored_size
from understudy.storage.answers.uses import last_uses
from understudy.storage.evals.report_cards import card_parts
from understudy.storage.files.files import count_files, file_bytes
from understudy.storage.models import ModelKind, list_aliases, list_models
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.projects import ProjectRow

_EXACT, _TOKENS, _PASSING = "exact_match", "token_accuracy", "passing"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a report card, as shares."""

    measure: str
    base: float
    tuned: float


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of models beside their names and rows."""

    held: Mapping[str, str]
    uses: Mapping[str, int]
    figures: Mapping[str, Figure]
    """By the job that made the model."""


@dataclass(frozen=True, kw_only=True)
class DiskUses:
    """What is kept of each kind, and how many bytes it takes."""

    bases: StoredSize
    tuned: StoredSize
    checkpoints: StoredSize
    exports: StoredSize
    files: StoredSize
    logs: StoredSize
    free_bytes: int


def kept_models(services: Services, project: ProjectRow) -> tuple[Sequence[AnyModel], Known]:
    """Return every name that answers a project, and what is known of all of them; blocks."""
    found = service.list_models(services.database, services.catalogue(), project.id)
    policy = services.served.releases(project.name)
    with services.database.read() as session:
        uses = last_uses(session, project.id)
        cards = card_parts(session, project.id, [_EXACT, _TOKENS, _PASSING])
        aliases = list_aliases(session, project.id)
    called = {row.name: row.last_called_at for row in aliases if row.last_called_at is not None}
    figures = {job_id: figure_of(*parts) for job_id, parts in cards.items()}
    return found, Known(
        held=service.held_models(services.database, policy, project.id, found),
        uses={**uses, **called},
        figures={job_id: figure for job_id, figure in figures.items() if figure is not None},
    )


def figure_of(exact: Any, tokens: Any, passing: Any) -> Figure | None:
    """Return the figure of a report card that says most, from those that it has.

    Exact answers say most, but where no model gave one they say nothing of what was learned.
    """
    if passing is not None:
        return _of_rates(_PASSING, passing)
    if exact is not None and (exact["base"]["passed"] or exact["tuned"]["passed"]):
        return _of_rates(_EXACT, exact)
    if tokens is None:
        return None
    return Figure(measure=_TOKENS, base=tokens["base"], tuned=tokens["tuned"])


def disk_uses(services: Services, project_id: str) -> DiskUses:
    """Add up what a project keeps, and the bases of the server; blocks."""
    catalogue, read = services.catalogue(), services.weights.read
    bases = [base.directory for base in catalogue.bases.values()]
    bases += [embedder.directory for embedder in catalogue.embedders.values()]
    with services.database.read() as session:
        rows = list_models(session, project_id)
        files = StoredSize(count_files(session, project_id), file_bytes(session, project_id))
        logs = stored_size(session, project_id)
    results = {row.directory for row in rows if row.kind == ModelKind.FINAL}
    # The last checkpoint is the result, under a name of its own.
    others = {row.directory for row in rows} - results
    return DiskUses(
        bases=_size(read(path) for path in bases),
        tuned=_size(read(Path(path)) for path in results),
        checkpoints=_size(read(Path(path)) for path in others),
        exports=_exports(services, project_id),
        files=files,
        logs=logs,
        free_bytes=shutil.disk_usage(services.blobs.root).free,
    )


def weights_of(
    model: AnyModel, catalogue: Catalogue, reader: WeightsReader
) -> tuple[StoredWeights | None, StoredWeights | None]:
    """Return what lies in a model's own directory, and in that of the base it needs to answer."""
    match model:
        case ResolvedBase():
            return reader.read(model.base.directory), None
        case LocalEmbedder():
            return reader.read(model.directory), None
        case RemoteEndpoint() | Alias():
            return None, None
        case TunedModelRow():
            own = reader.read(Path(model.directory))
            base = catalogue.bases.get(model.base)
            if base is None or model.trained == TrainedWeights.FULL:
                return own, None
            return own, reader.read(base.directory)


def _of_rates(measure: str, change: Mapping[str, Any]) -> Figure | None:
    shares = [
        change[side]["passed"] / change[side]["total"]
        for side in ("base", "tuned")
        if change[side]["total"]
    ]
    return Figure(measure=measure, base=shares[0], tuned=shares[1]) if len(shares) == 2 else None


def _size(found: Iterable[StoredWeights | None]) -> StoredSize:
    places = {weights.place: weights.bytes for weights in found if weights is not None}
    return StoredSize(len(places), sum(places.values()))


def _exports(services: Services, project_id: str) -> StoredSize:
    rows = export_rows.exports_of_project(services.database, project_id, None)
    finished = [row for row in rows if row.status == ExportStatus.SUCCEEDED]
    kept = [services.exports_directory / row.id for row in finished]
    sizes = [
        sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        for directory in kept
        if directory.is_dir()
    ]
    return StoredSize(len(sizes), sum(sizes))
