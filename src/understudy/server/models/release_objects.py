"""Safety checks and releases as the objects that stand on the wire."""

from understudy.evals.releases.service import CheckedModel
from understudy.registry.releases import ReleasePolicy
from understudy.schemas.releases import ModelCheck, ModelRelease
from understudy.schemas.wording import wording_object
from understudy.storage.tables.projects import ApiKeyRow
from understudy.storage.tables.releases import ReleaseRow


def check_object(view: CheckedModel, policy: ReleasePolicy, key: ApiKeyRow) -> ModelCheck:
    """Write the check of a model."""
    check = view.check
    return ModelCheck(
        model=view.model.name,
        job_id=view.model.job_id,
        status=view.state.status.value,
        created_at=None if check is None else check.created_at,
        finished_at=None if check is None else check.finished_at,
        enforcement=policy.enforcement.value,
        requires_screening=policy.requires_screening,
        is_screened=view.state.is_screened,
        held_because=view.held_because,
        held_wording=wording_object(view.held_because),
        may_release=not policy.releasers or key.name in policy.releasers,
        result=None if check is None else check.result,
        error=view.state.error,
        system_prompt=view.model.system_prompt,
        releases=[release_object(each, view) for each in view.releases],
    )


def release_object(row: ReleaseRow, view: CheckedModel) -> ModelRelease:
    """Write one release."""
    check = view.check
    return ModelRelease(
        id=row.id,
        created_at=row.created_at,
        key_id=row.key_id,
        key_name=row.key_name,
        reason=row.reason,
        held_because=row.held_because,
        is_current=check is not None and (row.check_id, row.round) == (check.id, check.round),
    )
