"""What the routes of the alpha API for graders take and give: a run, and a validation."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from understudy.schemas.base import StrictRequest, WireObject
from understudy.schemas.evals.graders import WireGrader


class RunGrader(StrictRequest):
    """The request to grade one sample."""

    grader: WireGrader
    model_sample: Annotated[str, StringConstraints(max_length=4 * 1024 * 1024)]
    item: dict[str, Any] | None = None
    reference_answer: Any = None
    """How older clients send what is now the field of that name in `item`."""

    @field_validator("reference_answer")
    @classmethod
    def _is_the_only_item(cls, given: Any, info: ValidationInfo) -> Any:
        if given is not None and info.data.get("item") is not None:
            raise PydanticCustomError(
                "invalid_value",
                "it cannot be given together with 'item'; use 'item.reference_answer'.",
            )
        return given

    @property
    def graded_item(self) -> dict[str, Any]:
        """The item as graders see it."""
        if self.reference_answer is not None:
            return {"reference_answer": self.reference_answer}
        return self.item or {}


class ValidateGrader(StrictRequest):
    """The request to say whether a grader could be used."""

    grader: WireGrader


class ValidatedGrader(WireObject):
    """A grader that can be used, in the one way of writing it."""

    grader: WireGrader


class GraderErrors(WireObject):
    """What went wrong; all false, and null, for a reward that counts."""

    formula_parse_error: bool
    sample_parse_error: bool
    truncated_observation_error: bool
    unresponsive_reward_error: bool
    invalid_variable_error: bool
    other_error: bool
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    model_grader_server_error: bool
    model_grader_refusal_error: bool
    model_grader_parse_error: bool
    model_grader_server_error_details: str | None


class JudgeUsage(WireObject):
    """Tokens that one judge read and wrote."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int


class RunMetadata(WireObject):
    """How the reward came about."""

    name: str
    type: str
    errors: GraderErrors
    execution_time: float
    """In seconds."""
    scores: Mapping[str, float]
    token_usage: int | None
    sampled_model_name: str | None
    problem: str | None
    """Our own: what went wrong, in words."""
    evidence: Mapping[str, Any]
    """Our own: what was compared, what the judge said, what the code printed."""


class GraderRun(WireObject):
    """The reward of one sample; 0 when it could not be graded, which `metadata.errors` tells."""

    reward: float
    sub_rewards: Mapping[str, float]
    metadata: RunMetadata
    model_grader_token_usage_per_model: Mapping[str, JudgeUsage]
