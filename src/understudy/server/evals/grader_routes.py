"""Graders tried out: grade one sample, or see whether a grader could be used."""

from dataclasses import asdict

from fastapi import APIRouter, Request

from understudy.graders.base import grade
from understudy.graders.build import build_grader
from understudy.graders.grade import Grade
from understudy.graders.sample import sample_of_answer
from understudy.schemas.evals.grader_runs import (
    GraderErrors,
    GraderRun,
    JudgeUsage,
    RunGrader,
    RunMetadata,
    ValidatedGrader,
    ValidateGrader,
)
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
    workbench = services.workbench_of(project.id)
    grader = await build_grader(body.grader, workbench, param="grader")
    grading = grade(grader, sample_of_answer(body.model_sample), body.item or {})
    return _run(await unless_disconnected(request, grading))


@router.post("/validate")
async def validate(
    request: Request, services: ServicesDep, project: CurrentProject
) -> ValidatedGrader:
    """Return the grader as it is understood, or say what is wrong with it."""
    body = await read_json(request, ValidateGrader, limit_bytes=_BODY_BYTES)
    await build_grader(body.grader, services.workbench_of(project.id), param="grader")
    return ValidatedGrader(grader=body.grader)


def _run(graded: Grade) -> GraderRun:
    finding = graded.finding
    usage = {
        model: JudgeUsage(
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            total_tokens=used.total_tokens,
            cached_tokens=used.cached_tokens,
        )
        for model, used in finding.usage.items()
    }
    return GraderRun(
        reward=graded.score,
        sub_rewards=finding.scores,
        metadata=RunMetadata(
            name=graded.name,
            type=graded.type,
            errors=GraderErrors(**asdict(graded.errors)),
            execution_time=graded.execution_seconds,
            scores=finding.scores,
            token_usage=sum(used.total_tokens for used in usage.values()) if usage else None,
            sampled_model_name=finding.judge,
            problem=graded.problem,
            evidence=finding.evidence,
        ),
        model_grader_token_usage_per_model=usage,
    )
