"""Validated request to create a job, defaults applied."""

from collections.abc import Mapping

from understudy.data.files.formats import Method
from understudy.errors import InvalidRequestError
from understudy.graders.build import GraderContext
from understudy.jobs.creation import NewJob
from understudy.jobs.integrations import WandbIntegration
from understudy.jobs.methods import check_offered
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.schemas.fine_tuning.hyperparameters import RequestedHyperparameters
from understudy.schemas.fine_tuning.integrations import RequestedWandb
from understudy.schemas.fine_tuning.jobs import CreateFineTuningJob, RequestedMethod
from understudy.server.fine_tuning.rewards import checked_rewards
from understudy.wording import worded


async def new_job(
    body: CreateFineTuningJob,
    context: GraderContext,
    *,
    organization: str,
    has_wandb: bool,
    created_by: Mapping[str, str] | None = None,
) -> NewJob:
    """Return the job that `body` asks for; raises InvalidRequestError for what is not offered.

    The graders of a reinforcement job are built with `context`, to be sure that they can be.
    `has_wandb` says whether the server can report to Weights & Biases.
    """
    method = Method.SUPERVISED if body.method is None else Method(body.method.type)
    check_offered(method)
    if body.integrations and not has_wandb:
        raise _no_wandb()
    supervised = body.method.supervised if body.method is not None else None
    return NewJob(
        method=method,
        model=body.model,
        training_file=body.training_file,
        validation_file=body.validation_file,
        hyperparameters=_hyperparameters(body),
        reinforcement=await checked_rewards(body, context),
        splits_turns=_splits_turns(body),
        safety_mix=None if supervised is None else supervised.safety_mix,
        seed=body.seed,
        suffix=body.suffix,
        metadata=body.metadata,
        integrations=tuple(_integration(one.wandb) for one in body.integrations or ()),
        organization=organization,
        created_by=created_by,
    )


def _splits_turns(body: CreateFineTuningJob) -> bool | None:
    supervised = body.method.supervised if body.method is not None else None
    return None if supervised is None else supervised.split_turns


def _no_wandb() -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "jobs.server_no_account_weights",
            "This server has no account with Weights & Biases, so it can report to "
            "none. Its operator installs understudy[wandb] and gives the account's "
            "key as api_key under [wandb] in understudy.toml, or as WANDB_API_KEY in "
            "the server's environment; or create the job without 'integrations'.",
        ),
        code="unsupported_value",
        param="integrations",
    )


def _integration(wire: RequestedWandb) -> WandbIntegration:
    return WandbIntegration(
        project=wire.project, entity=wire.entity, name=wire.name, tags=tuple(wire.tags or ())
    )


def _hyperparameters(body: CreateFineTuningJob) -> JobHyperparameters:
    """Join the two places hyperparameters may stand in."""
    method = body.method
    if method is not None and method.type != "supervised":
        return _of_own_place(body, method)
    supervised = method.supervised if method is not None else None
    current = supervised.hyperparameters if supervised is not None else None
    legacy = body.hyperparameters
    if current is not None and legacy is not None and _decided(current) != _decided(legacy):
        raise InvalidRequestError(
            worded(
                "jobs.hyperparameters_method_supervised_hyperparameters",
                "'hyperparameters' and 'method.supervised.hyperparameters' differ; "
                "give only the second, the first is the older name of the same thing.",
            ),
            code="invalid_value",
            param="hyperparameters",
        )
    return _decided(current or legacy or RequestedHyperparameters())


def _of_own_place(body: CreateFineTuningJob, method: RequestedMethod) -> JobHyperparameters:
    if body.hyperparameters is not None:
        raise InvalidRequestError(
            worded(
                "jobs.hyperparameters_older_place_those",
                "'hyperparameters' is the older place of those of the supervised "
                "method; give 'method.{type}.hyperparameters'.",
                type=method.type,
            ),
            code="invalid_value",
            param="hyperparameters",
        )
    settings = method.dpo or method.reinforcement
    current = None if settings is None else settings.hyperparameters
    return _decided(current or RequestedHyperparameters())


def _decided(wire: RequestedHyperparameters) -> JobHyperparameters:
    given = {name: None if value == "auto" else value for name, value in wire}
    return JobHyperparameters(**given)
