"""Our own route below /v1/x/ that says what a job would do, without creating it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from understudy.data.files.formats import Method
from understudy.data.report.token_counts import without_held_out
from understudy.errors import InvalidRequestError
from understudy.jobs.creation import NewJob
from understudy.jobs.service import check_job
from understudy.planning.estimate import estimate_job, estimate_prompts
from understudy.planning.hyperparameters import resolve
from understudy.planning.reinforcement import resolve_reinforcement
from understudy.planning.reinforcement_words import prompt_steps_in_words
from understudy.planning.words import steps_in_words
from understudy.schemas.base import WholeNumber
from understudy.schemas.fine_tuning.estimates import (
    ChosenCount,
    ChosenMultiplier,
    JobEstimateObject,
)
from understudy.schemas.fine_tuning.jobs import CreateFineTuningJob
from understudy.server.fine_tuning.request import new_job
from understudy.server.fine_tuning.rewards import check_held_out
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import Services, ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/x/fine_tuning/jobs")

_BODY_BYTES = 1024 * 1024


@router.post("/estimate", openapi_extra=json_body(CreateFineTuningJob))
async def estimate(
    request: Request,
    services: ServicesDep,
    project: CurrentProject,
    held_out: Annotated[WholeNumber, Query()] = 0,
) -> JobEstimateObject:
    """Check a request to create a job, and show the run that it would lead to.

    `held_out` is for a training file that is still to be divided: as many of its examples are not
    trained on.
    """
    body = await read_json(request, CreateFineTuningJob, limit_bytes=_BODY_BYTES)
    if not held_out:
        check_held_out(body)
    new = await new_job(
        body,
        services.grader_context_of(project.id),
        organization=services.organization,
        has_wandb=services.has_wandb,
    )
    method = Method.SUPERVISED if body.method is None else Method(body.method.type)
    return await run_in_threadpool(_estimate, services, project.id, new, method, held_out)


def _estimate(
    services: Services, project_id: str, new: NewJob, method: Method, held_out: int
) -> JobEstimateObject:
    checked, speed = check_job(services.database, services.catalogue(), project_id, new)
    start = checked.start
    counts = services.token_counts.of(
        services.blobs.stored(checked.training.sha256),
        method,
        services.served.renderers.get(start.directory),
        splits_turns=checked.splits_turns,
        images=services.images.of_file(project_id, start.base, start.directory),
    )
    examples = without_held_out(counts.examples, held_out)
    if not examples.kept_examples:
        raise InvalidRequestError(
            worded(
                "api.no_examples",
                "The file {file} has no example that could be trained on.",
                file=checked.training.id,
            ),
            param="training_file",
        )
    requested = new.hyperparameters
    if method is Method.REINFORCEMENT:
        resolved = resolve_reinforcement(requested, example_count=examples.kept_examples)
        estimated, words = estimate_prompts(resolved), prompt_steps_in_words(resolved)
    else:
        resolved = resolve(
            requested,
            example_count=examples.kept_examples,
            trained=start.tuning.trained,
            is_of_pairs=method is Method.DPO,
        )
        rejected = without_held_out(counts.rejected, held_out)
        tokens = examples.kept_tokens + rejected.kept_tokens
        estimated = estimate_job(resolved, tokens_per_epoch=tokens, tokens_per_second=speed)
        words = steps_in_words(resolved)
    return JobEstimateObject(
        model=start.shown,
        base=start.base,
        training_file=checked.training.id,
        validation_file=None if checked.validation is None else checked.validation.id,
        examples=estimated.examples,
        n_epochs=ChosenCount(
            value=resolved.n_epochs,
            is_auto=requested.n_epochs is None,
            words=words.n_epochs,
        ),
        batch_size=ChosenCount(
            value=resolved.batch_size,
            is_auto=requested.batch_size is None,
            words=words.batch_size,
        ),
        learning_rate_multiplier=ChosenMultiplier(
            value=resolved.learning_rate_multiplier,
            is_auto=requested.learning_rate_multiplier is None,
            words=words.learning_rate_multiplier,
        ),
        steps=estimated.steps,
        tokens=estimated.tokens,
        answers=estimated.answers,
        tokens_per_second=estimated.tokens_per_second,
        seconds=estimated.seconds,
    )
