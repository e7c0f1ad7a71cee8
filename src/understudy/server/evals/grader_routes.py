"""Graders tried out: grade one sample, or see whether a grader could be used."""

from fastapi import APIRouter, Request

from understudy.graders.base import grade
from understudy.graders.build import build_grader
from understudy.graders.sample import sample_of_answer
from understudy.schemas.evals.grader_runs import (
    GraderRun,
    RunGrader,
    ValidatedGrader,
    ValidateGrader,
)
from understudy.server.evals.objects import grader_run_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import read_json
from understudy.server.http.streaming import unless_disconnected
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/fine_tuning/alpha/graders")

_BODY_BYTES = 8 * 1024 * 1024


@router.post("/run")
async def run(request: Request, services: ServicesDep, project: CurrentProject) -> GraderRun:
    """Grade one sample. What goes wrong in the grading is part of the answer, no error of it."""
    body = await read_json(request, RunGrader, limit_bytes=_BODY_BYTES)
    context = services.grader_context_of(project.id)
    grader = await build_grader(body.grader, context, param="grader")
    grading = grade(grader, sample_of_answer(body.model_sample), body.graded_item)
    return grader_run_object(await unless_disconnected(request, grading))


@router.post("/validate")
async def validate(
    request: Request, services: ServicesDep, project: CurrentProject
) -> ValidatedGrader:
    """Return the grader as it is understood, or say what is wrong with it."""
    body = await read_json(request, ValidateGrader, limit_bytes=_BODY_BYTES)
    await build_grader(body.grader, services.grader_context_of(project.id), param="grader")
    return ValidatedGrader(grader=body.grader)
