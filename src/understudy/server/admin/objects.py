"""Keys, active jobs and the engine's work as the objects that stand on the wire."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from understudy.chat.named_templates.linked_base import source_of
from understudy.inference.protocol import EngineStats
from understudy.registry.catalogue import Catalogue
from understudy.schemas.admin.keys import ApiKey
from understudy.schemas.admin.overview import ActiveJob, AliasUse, BaseFit, EngineActivity
from understudy.storage.shadows import Called
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.projects import ApiKeyRow


def key_object(row: ApiKeyRow, current: ApiKeyRow) -> ApiKey:
    """Write a key; `current` is the one that the request was made with."""
    return ApiKey(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        hint=row.hint,
        is_current=row.id == current.id,
    )


def active_job_object(row: JobRow, metrics: Mapping[str, Any]) -> ActiveJob:
    """Write an unfinished job with the metrics of its last step, if it has made one."""
    return ActiveJob(
        id=row.id,
        status=row.status,
        model=row.model,
        suffix=row.suffix,
        created_at=row.created_at,
        estimated_finish=row.estimated_finish,
        step=metrics.get("step"),
        total_steps=metrics.get("total_steps"),
    )


def alias_use(called: Called) -> AliasUse:
    """Write when an alias was last called, and how often."""
    alias, shadow = called
    return AliasUse(
        id=alias.name,
        model=alias.model,
        is_shadowed=shadow is not None,
        calls=alias.calls,
        last_called_at=alias.last_called_at,
    )


def engine_object(stats: EngineStats, catalogue: Catalogue) -> EngineActivity:
    """Write what the engine does; its bases under the names of the catalogue.

    Bases that differ in their chat template alone share what the engine holds, and each is named.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for base in catalogue.bases.values():
        names[str(source_of(base.directory))].append(base.name)
    fits = [
        BaseFit(model=name, **asdict(fit))
        for directory, fit in zip(stats.bases, stats.fits, strict=True)
        for name in names.get(directory, ["?"])
    ]
    return EngineActivity(
        bases=[fit.model for fit in fits],
        fits=fits,
        adapters=stats.adapters,
        running=stats.running,
        waiting=stats.waiting,
        generated_tokens=stats.generated_tokens,
    )
