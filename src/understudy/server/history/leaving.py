"""How far a project is: what was imported, and for each old model its remote, clone and alias."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from understudy.registry.catalogue import Catalogue
from understudy.registry.remote_models import RemoteTask
from understudy.schemas.history import HistoryKind
from understudy.schemas.leaving import CloneState, Leaving, OldModel, OldNameState
from understudy.storage.database import Database
from understudy.storage.distillations import distillations_of_metadata
from understudy.storage.history import count_records, records_of
from understudy.storage.models import ModelKind, models_of_job
from understudy.storage.shadows import Called, list_called
from understudy.storage.tables.distillations import DistillationRow

_LAST_JOB = "2027-01-06"
_MODELS_STOP = "2027-01-14"
_CLONE_OF = "clone_of"
_TUNED = "ft:"


def look(db: Database, catalogue: Catalogue, project_id: str) -> Leaving:
    """Return how far a project is."""
    with db.read() as session:
        counts, last = count_records(session, project_id)
        days = {
            row.id: row.object.get("shutdown_date")
            for row in records_of(session, project_id, HistoryKind.MODELS)
        }
        clones = distillations_of_metadata(session, project_id, _CLONE_OF)
        aliases = {each.alias.name: each for each in list_called(session, project_id)}
        remotes = {
            endpoint.model: endpoint.name
            for endpoint in catalogue.remotes.values()
            if endpoint.task is RemoteTask.CHAT
        }
        # Names that were tuned there, whichever of the steps comes first here.
        named = [name for name in (*remotes, *clones, *aliases) if name.startswith(_TUNED)]
        return Leaving(
            last_job=_LAST_JOB,
            models_stop=_MODELS_STOP,
            imported=counts,
            last_imported_at=last,
            models=[
                OldModel(
                    id=name,
                    shutdown_date=_text(days.get(name)),
                    remote=remotes.get(name),
                    clone=_clone(session, clones, name),
                    alias=_alias(aliases, name),
                )
                for name in dict.fromkeys((*days, *named))
            ],
        )


def _clone(session: Session, clones: Mapping[str, DistillationRow], name: str) -> CloneState | None:
    row = clones.get(name)
    if row is None:
        return None
    made = [] if row.job_id is None else models_of_job(session, row.job_id)
    model = next((each.name for each in made if each.kind == ModelKind.FINAL), None)
    verdict = None if row.result is None else row.result.get("verdict")
    return CloneState(
        distillation_id=row.id, status=row.status, model=model, verdict=_text(verdict)
    )


def _alias(aliases: Mapping[str, Called], name: str) -> OldNameState | None:
    found = aliases.get(name)
    if found is None:
        return None
    return OldNameState(
        model=found.alias.model,
        is_shadowed=found.shadow is not None,
        calls=found.alias.calls,
        last_called_at=found.alias.last_called_at,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
