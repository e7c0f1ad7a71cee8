"""What a new job rewards, checked: graders that can be built and used, a form that can be held."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from understudy.answering.schema_check import check_schemas
from understudy.answering.text_form import text_form
from understudy.chat.answer_shape import ToolChoice, ToolUse
from understudy.errors import InvalidRequestError
from understudy.graders.base import Grader
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.sample import sample_of_answer
from understudy.planning.reinforcement import ReinforcementSettings
from understudy.schemas.chat.choices import ResponseFormat
from understudy.schemas.evals.graders import (
    LabelModelGrader,
    MultiGrader,
    SingleGrader,
    TextSimilarityGrader,
)
from understudy.schemas.fine_tuning.jobs import CreateFineTuningJob
from understudy.schemas.fine_tuning.reinforcement import RequestedFormat
from understudy.wording import worded

_PLACE = "method.reinforcement"
# What an answer has, when its text is JSON.
_OF_SAMPLES = sorted(sample_of_answer("{}").fields)


def check_held_out(body: CreateFineTuningJob) -> None:
    """Raise InvalidRequestError for a reinforcement job without a validation file."""
    is_rewarded = body.method is not None and body.method.reinforcement is not None
    if is_rewarded and body.validation_file is None:
        raise InvalidRequestError(
            worded(
                "api.rewards_validation",
                "Missing required parameter: 'validation_file'. A reinforcement "
                "job measures its progress by the rewards of held-out prompts; "
                "give a file of at most 1,000 of them.",
            ),
            code="missing_required_parameter",
            param="validation_file",
        )


async def checked_rewards(
    body: CreateFineTuningJob, context: GraderContext
) -> ReinforcementSettings | None:
    """Return what a reinforcement job rewards; None for a job of another method.

    Raises an UnderstudyError with the path of what is wrong.
    """
    asked = None if body.method is None else body.method.reinforcement
    if asked is None:
        return None
    await _check(asked.grader, context, f"{_PLACE}.grader")
    if asked.shadow_grader is not None:
        await _check(asked.shadow_grader, context, f"{_PLACE}.shadow_grader")
    if asked.response_format is not None:
        await run_in_threadpool(_check_format, asked.response_format)
    return ReinforcementSettings(
        grader=_written(asked.grader),
        response_format=asked.response_format and _written(asked.response_format),
        shadow_grader=asked.shadow_grader and _written(asked.shadow_grader),
        needs_preflight=asked.preflight is not False,
    )


async def _check(given: SingleGrader | MultiGrader, context: GraderContext, param: str) -> None:
    parts: Mapping[str, SingleGrader | MultiGrader] = {param: given}
    if isinstance(given, MultiGrader):
        parts = {f"{param}.graders.{name}": part for name, part in given.graders.items()}
    for place, part in parts.items():
        _check_rewards(part, place)
    _check_samples(await build_grader(given, context, param=param), param)


def _check_rewards(given: SingleGrader | MultiGrader, param: str) -> None:
    if isinstance(given, LabelModelGrader):
        raise InvalidRequestError(
            worded(
                "jobs.value_type_label_model",
                "Invalid value for '{param}.type': 'label_model' gives labels, which "
                "are no rewards; let a 'score_model' give a score.",
                param=param,
            ),
            code="invalid_value",
            param=f"{param}.type",
        )
    if isinstance(given, TextSimilarityGrader) and given.evaluation_metric == "cosine":
        raise InvalidRequestError(
            worded(
                "jobs.value_evaluation_metric_cosine",
                "Invalid value for '{param}.evaluation_metric': 'cosine' is for "
                "evals only; use another metric, such as 'rouge_l'.",
                param=param,
            ),
            code="invalid_value",
            param=f"{param}.evaluation_metric",
        )


def _check_samples(grader: Grader, param: str) -> None:
    """Refuse what no answer of a model has; what rows lack is found when they are read."""
    for place, template in grader.templates.items():
        for variable in template.variables:
            first = next(iter(variable.steps), None)
            if variable.root == "sample" and first is not None and first not in _OF_SAMPLES:
                known = ", ".join(f"sample.{name}" for name in _OF_SAMPLES)
                raise InvalidRequestError(
                    worded(
                        "jobs.variable_does_not_exist",
                        "Invalid '{param}.{place}': the variable '{variable}' does "
                        "not exist. An answer has {known}; what stands in the file "
                        "is item.NAME.",
                        param=param,
                        place=place,
                        variable=str(variable),
                        known=known,
                    ),
                    code="invalid_variable",
                    param=f"{param}.{place}",
                )


def _check_format(given: RequestedFormat) -> None:
    wire = ResponseFormat.model_validate(_written(given))
    check_schemas(
        (),
        ToolChoice(use=ToolUse.NEVER, names=None, is_parallel=False),
        text_form(wire),
        form_param=f"{_PLACE}.response_format",
        tool_param=lambda _: "",
    )


def _written(given: BaseModel) -> dict[str, Any]:
    return given.model_dump(exclude_none=True, by_alias=True)
