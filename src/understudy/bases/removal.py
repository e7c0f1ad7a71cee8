"""Removes a base that nothing uses; its files go only where they belong to the home."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from understudy.bases.adding import own_directory
from understudy.chat.named_templates.linked_base import source_of
from understudy.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from understudy.evals.status import UNFINISHED
from understudy.jobs.lifecycle import FINISHED
from understudy.registry.catalogue import Catalogue
from understudy.storage.database import Database
from understudy.storage.evals.runs import runs_that_ask
from understudy.storage.jobs.jobs import unended_jobs_of_base
from understudy.storage.models import models_of_base
from understudy.wording import worded


class Entries(Protocol):
    """Where the settings keep their bases."""

    def take(self, name: str) -> dict[str, Any]:
        """Remove a base and return its lines."""
        ...

    def put(self, name: str, lines: Mapping[str, Any]) -> None:
        """Write a base's lines."""
        ...


@dataclass(frozen=True, kw_only=True)
class Removed:
    """A base that is gone."""

    directory: Path
    freed_bytes: int
    """0 where the directory belongs to the user and stays."""


def remove_base(
    name: str,
    *,
    catalogue: Catalogue,
    bases_directory: Path,
    entries: Entries,
    database: Database | None,
) -> Removed:
    """Remove a base; a directory outside of the home is only forgotten.

    `database` is None for a home that was never started.

    Raises NotFoundError, PermissionDeniedError for a built-in base, and InvalidRequestError with
    code "model_in_use" while a job, a run, a tuned model or an alias needs it.
    """
    base = catalogue.bases.get(name)
    if base is None:
        raise NotFoundError(
            worded(
                "bases.there_no_base_model",
                "There is no base model '{name}' here.",
                name=name[:200],
            ),
            code="model_not_found",
            param="name",
        )
    if base.is_builtin:
        raise PermissionDeniedError(
            worded(
                "bases.built_cannot_removed",
                "'{name}' is built in and cannot be removed.",
                name=name,
            )
        )
    _refuse_used(name, catalogue, database)
    # From here on no job can be created with it; one that came in between is found now.
    lines = entries.take(name)
    try:
        _refuse_used(name, catalogue, database)
    except InvalidRequestError:
        entries.put(name, lines)
        raise
    own, source = own_directory(bases_directory, name), source_of(base.directory)
    # Directories that link to the base with a chosen chat template hold nothing but links.
    for linked in bases_directory.glob(f"{own.name}@*"):
        shutil.rmtree(linked)
    if source != own or not own.is_dir():
        return Removed(directory=source, freed_bytes=0)
    size = sum(path.stat().st_size for path in own.rglob("*") if path.is_file())
    # Renamed first: what is left of a removal that was killed is no base.
    gone = own.with_name(f".{own.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    own.rename(gone)
    shutil.rmtree(gone)
    return Removed(directory=own, freed_bytes=size)


def users_of(name: str, catalogue: Catalogue, session: Session | None) -> list[str]:
    """Return what needs a base, in words, the first few of each kind."""
    aliases = [alias for alias, base in catalogue.aliases.items() if base == name]
    used = [f"the alias {alias}" for alias in aliases]
    if session is not None:
        jobs = unended_jobs_of_base(session, name, FINISHED)
        runs = runs_that_ask(session, [name, *aliases], UNFINISHED)
        used += [f"the unfinished job {job.id}" for job in jobs]
        used += [f"the unfinished run {run.id}" for run in runs]
        used += [f"the tuned model {model.name}" for model in models_of_base(session, name)]
    return used


def _refuse_used(name: str, catalogue: Catalogue, database: Database | None) -> None:
    if database is None:
        used = users_of(name, catalogue, None)
    else:
        with database.read() as session:
            used = users_of(name, catalogue, session)
    if used:
        more = f" and {len(used) - 3} more" if len(used) > 3 else ""
        raise InvalidRequestError(
            worded(
                "bases.used_cancel_delete_what",
                "'{name}' is used by {names}{more}. Cancel or delete what uses it, then remove it.",
                name=name,
                names=", ".join(used[:3]),
                more=more,
            ),
            code="model_in_use",
            param="name",
        )
