"""Tuned models, live checkpoints and their aliases: the names served beside the base models."""

from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError, NotFoundError
from understudy.storage.answers.uses import forget_uses
from understudy.storage.permissions import shared_model
from understudy.storage.shadows import shadow_that_names
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.model_aliases import ModelAliasRow
from understudy.wording import worded


class ModelKind(StrEnum):
    """Whether a name is a job's result or one of its earlier checkpoints."""

    FINAL = "final"
    CHECKPOINT = "checkpoint"


def find_model(session: Session, project_id: str, name: str) -> TunedModelRow | None:
    """Return a project's tuned model or checkpoint by its name or an alias, or None."""
    found = _named(session, project_id, name)
    if found is None and (alias := find_alias(session, project_id, name)) is not None:
        return _named(session, project_id, alias.model)
    return found


def find_usable_model(session: Session, project_id: str, name: str) -> TunedModelRow | None:
    """Return a tuned model that a project may use: its own, or one that another lets it use."""
    return find_model(session, project_id, name) or shared_model(session, project_id, name)


def find_model_anywhere(session: Session, name: str) -> TunedModelRow | None:
    """Return the tuned model or checkpoint of that name, whichever project it belongs to."""
    return session.scalar(select(TunedModelRow).where(TunedModelRow.name == name).limit(1))


def list_models(session: Session, project_id: str) -> list[TunedModelRow]:
    """Return everything a project tuned that can be served, oldest first."""
    query = select(TunedModelRow).where(TunedModelRow.project_id == project_id)
    return list(session.scalars(query.order_by(TunedModelRow.seq)))


def models_of_job(session: Session, job_id: str) -> list[TunedModelRow]:
    """Return the tuned models one job made, in the order of their steps."""
    query = select(TunedModelRow).where(TunedModelRow.job_id == job_id)
    return list(session.scalars(query.order_by(TunedModelRow.step)))


def count_final_models(session: Session, project_id: str) -> int:
    """Return how many results of jobs a project has, checkpoints not counted."""
    query = select(func.count()).select_from(TunedModelRow)
    of_project = query.where(TunedModelRow.project_id == project_id)
    return session.scalar(of_project.where(TunedModelRow.kind == ModelKind.FINAL)) or 0


def delete_model(session: Session, project_id: str, name: str) -> TunedModelRow:
    """End the serving of a tuned model and return what its row said; the job stays.

    Raises NotFoundError, and InvalidRequestError while an alias or a shadow names it. Its
    directory may go once `garbage.directories_in_use` lacks it.
    """
    row = _named(session, project_id, name)
    if row is None:
        raise NotFoundError(
            worded(
                "api.model_does_not_exist",
                "The model '{name}' does not exist",
                name=name,
            ),
            code="model_not_found",
            param="model",
        )
    for alias in list_aliases(session, project_id):
        if alias.model == name:
            raise InvalidRequestError(
                worded(
                    "api.alias_stands_model_delete",
                    "The alias '{name}' stands for the model '{name2}'; delete the "
                    "alias first, or let it stand for another model.",
                    name=alias.name,
                    name2=name,
                ),
                code="model_in_use",
                param="model",
            )
    if (shadowed := shadow_that_names(session, project_id, name)) is not None:
        raise InvalidRequestError(
            worded(
                "api.model_belongs_shadow_end",
                "The model '{name}' belongs to the shadow of '{shadowed}'; end the shadow first.",
                name=name,
                shadowed=shadowed,
            ),
            code="model_in_use",
            param="model",
        )
    forget_uses(session, name)
    session.delete(row)
    session.flush()
    return row


def calibrate_model(session: Session, job_id: str, calibration: dict[str, Any]) -> None:
    """Store with the result of a job what it chooses from; one that was deleted stays so."""
    for row in models_of_job(session, job_id):
        if row.kind == ModelKind.FINAL:
            row.label_calibration = calibration


def models_of_base(session: Session, base: str) -> list[TunedModelRow]:
    """Return what was tuned from a base, of every project, oldest first."""
    query = select(TunedModelRow).where(TunedModelRow.base == base)
    return list(session.scalars(query.order_by(TunedModelRow.seq)))


def find_alias(session: Session, project_id: str, name: str) -> ModelAliasRow | None:
    """Return a project's alias of a tuned model, or None when it has none of that name."""
    query = select(ModelAliasRow).where(
        ModelAliasRow.project_id == project_id, ModelAliasRow.name == name
    )
    return session.scalar(query)


def list_aliases(session: Session, project_id: str) -> list[ModelAliasRow]:
    """Return a project's aliases of tuned models, oldest first."""
    query = select(ModelAliasRow).where(ModelAliasRow.project_id == project_id)
    return list(session.scalars(query.order_by(ModelAliasRow.seq)))


def _named(session: Session, project_id: str, name: str) -> TunedModelRow | None:
    query = select(TunedModelRow).where(
        TunedModelRow.project_id == project_id, TunedModelRow.name == name
    )
    return session.scalar(query)
