"""Safety checks as a project sees them: shown, asked for, and answered by a release."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from understudy.ids import new_id
from understudy.registry.releases import ReleasePolicy
from understudy.safety.model_card import ModelCard
from understudy.safety.release import (
    NOT_CHECKED,
    CheckState,
    CheckStatus,
    lacks_screening,
    why_held,
)
from understudy.storage.database import Database
from understudy.storage.models import find_model
from understudy.storage.releases.cards import model_card
from understudy.storage.releases.checks import find_check, queue_check, releases_of, state_of
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.projects import ApiKeyRow
from understudy.storage.tables.releases import ReleaseCheckRow, ReleaseRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class CheckedModel:
    """A tuned model with everything that is known of its check."""

    model: TunedModelRow
    check: ReleaseCheckRow | None
    releases: Sequence[ReleaseRow]
    state: CheckState
    held_because: str | None
    """As the policy is now; None where the model may answer."""


def checked_model(db: Database, policy: ReleasePolicy, project_id: str, name: str) -> CheckedModel:
    """Return a tuned model or checkpoint with its check; raises NotFoundError."""
    with db.read() as session:
        return _view(session, policy, _tuned(session, project_id, name))


def card_of(db: Database, project_id: str, name: str) -> ModelCard:
    """Return the card of a tuned model or checkpoint; raises NotFoundError."""
    with db.read() as session:
        return model_card(session, _tuned(session, project_id, name))


def ask_for_check(db: Database, policy: ReleasePolicy, project_id: str, name: str) -> CheckedModel:
    """Queue the check of a model, also once more; an earlier release counts no longer.

    Raises NotFoundError, and InvalidRequestError while a check is under way.
    """
    with db.write() as session:
        model = _tuned(session, project_id, name)
        check = find_check(session, project_id, model.name)
        if check is not None and check.status == CheckStatus.QUEUED:
            raise _under_way(model)
        queue_check(session, model, now=db.now(session))
        return _view(session, policy, model)


def set_system_prompt(
    db: Database, policy: ReleasePolicy, project_id: str, name: str, text: str | None
) -> CheckedModel:
    """Give a model a default system prompt, or none; a check that was made is made again.

    What was found without the prompt says nothing of the model with it. Raises NotFoundError,
    and InvalidRequestError while a check is under way.
    """
    with db.write() as session:
        model = _tuned(session, project_id, name)
        check = find_check(session, project_id, model.name)
        if model.system_prompt == text:
            return _view(session, policy, model)
        if check is not None and check.status == CheckStatus.QUEUED:
            raise _under_way(model)
        model.system_prompt = text
        if check is not None:
            queue_check(session, model, now=db.now(session))
        return _view(session, policy, model)


def release(
    db: Database,
    policy: ReleasePolicy,
    project_id: str,
    name: str,
    *,
    key: ApiKeyRow,
    reason: str,
) -> CheckedModel:
    """Let a held model answer, and record who decided that, when, and why.

    Raises NotFoundError, PermissionDeniedError for a key without the right, and
    InvalidRequestError for a model that is not held or whose check is not at its end.
    """
    with db.write() as session:
        model = _tuned(session, project_id, name)
        if policy.releasers and key.name not in policy.releasers:
            raise PermissionDeniedError(
                worded(
                    "evals.key_may_not_release",
                    "The key '{name}' may not release models. The keys that may are "
                    "named under release_keys in understudy.toml: {names}.",
                    name=key.name,
                    names=", ".join(policy.releasers),
                ),
                code="release_not_permitted",
            )
        view = _view(session, policy, model)
        problem = _why_not(policy, view)
        if problem is not None:
            raise InvalidRequestError(
                worded(
                    "evals.cannot_released",
                    "{name} cannot be released: {problem}.",
                    name=model.name,
                    problem=problem,
                ),
                code="release_not_possible",
                param="model",
            )
        assert view.check is not None
        assert view.held_because is not None
        session.add(
            ReleaseRow(
                id=new_id("release_"),
                project_id=project_id,
                model=model.name,
                check_id=view.check.id,
                round=view.check.round,
                created_at=int(db.now(session)),
                key_id=key.id,
                key_name=key.name,
                reason=reason,
                held_because=view.held_because,
            )
        )
        session.flush()
        return _view(session, policy, model)


def _under_way(model: TunedModelRow) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.safety_check_under_way",
            "The safety check of {name} is under way; wait until it ends.",
            name=model.name,
        ),
        code="check_under_way",
        param="model",
    )


def _why_not(policy: ReleasePolicy, view: CheckedModel) -> str | None:
    if view.held_because is None:
        return "it is not held, so it answers already"
    if view.state.status is CheckStatus.NOT_CHECKED:
        return (
            "its safety check has not begun; wait for it, or ask for it with "
            f"POST /v1/x/models/{view.model.name}/check"
        )
    if view.state.status is CheckStatus.QUEUED:
        return "its safety check is under way; wait for what it finds, then decide"
    if lacks_screening(policy, view.state):
        return (
            "no moderation model judged its answers, and this server requires that before a "
            "release (require_screening); once there is a moderation model, ask for another check "
            f"with POST /v1/x/models/{view.model.name}/check"
        )
    return None


def _tuned(session: Session, project_id: str, name: str) -> TunedModelRow:
    model = find_model(session, project_id, name)
    if model is None:
        raise NotFoundError(
            worded(
                "evals.no_tuned_model_checkpoint",
                "'{name}' is no tuned model or checkpoint of this project; only "
                "these are checked and released.",
                name=name[:200],
            ),
            code="model_not_found",
            param="model",
        )
    return model


def _view(session: Session, policy: ReleasePolicy, model: TunedModelRow) -> CheckedModel:
    check = find_check(session, model.project_id, model.name)
    releases = releases_of(session, model.project_id, model.name)
    state = NOT_CHECKED if check is None else state_of(check, releases)
    return CheckedModel(
        model=model,
        check=check,
        releases=releases,
        state=state,
        held_because=why_held(policy, state),
    )
