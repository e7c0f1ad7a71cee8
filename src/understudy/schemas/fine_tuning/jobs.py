"""Fine-tuning jobs, their events and their checkpoints."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import Field, StrictBool, StringConstraints, model_validator

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.fine_tuning.hyperparameters import (
    Hyperparameters,
    PreferenceHyperparameters,
    RequestedHyperparameters,
    RequestedPreferenceHyperparameters,
)
from understudy.schemas.fine_tuning.integrations import Integration, RequestedIntegrations
from understudy.schemas.fine_tuning.reinforcement import (
    ReinforcementMethod,
    RequestedReinforcement,
)
from understudy.schemas.lists import HasId
from understudy.schemas.metadata import Metadata
from understudy.schemas.wording import WordingField

MAX_SAFETY_MIX = 0.5
"""With more demonstrations than examples it would be a training of refusals."""

MethodName = Literal["supervised", "dpo", "reinforcement"]


class RequestedSupervised(StrictRequest):
    """Settings of the supervised method."""

    hyperparameters: RequestedHyperparameters | None = None
    split_turns: StrictBool | None = None
    """Our own: whether an example that the chat template rewrites becomes one a learned turn."""
    safety_mix: Annotated[float, Field(gt=0, le=MAX_SAFETY_MIX)] | None = None
    """Our own: the share of the trained examples that are shipped safe demonstrations."""


class RequestedPreference(StrictRequest):
    """Settings of direct preference optimization."""

    hyperparameters: RequestedPreferenceHyperparameters | None = None


class RequestedMethod(StrictRequest):
    """How to train; only the object that matches `type` is read.

    Clients that send all siblings at once exist, so the others may hold anything.
    """

    type: MethodName
    supervised: RequestedSupervised | None = None
    dpo: RequestedPreference | None = None
    reinforcement: RequestedReinforcement | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_siblings(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        fields = cast("dict[str, Any]", value)
        siblings = {"supervised", "dpo", "reinforcement"} - {fields.get("type")}
        read = {name: field for name, field in fields.items() if name not in siblings}
        if read.get("type") == "reinforcement" and read.get("reinforcement") is None:
            # The one method without defaults: what is missing is named below.
            read["reinforcement"] = {}
        return read


class CreateFineTuningJob(StrictRequest):
    """The request to tune a model."""

    model: StoredText
    training_file: StoredText
    validation_file: StoredText | None = None
    method: RequestedMethod | None = None
    hyperparameters: RequestedHyperparameters | None = None
    """The older place of `method.supervised.hyperparameters`."""
    suffix: Annotated[StoredText, StringConstraints(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None
    integrations: RequestedIntegrations | None = None
    metadata: Metadata | None = None


class JobError(WireObject):
    """Why a job failed."""

    code: str
    message: str
    param: str | None
    wording: WordingField = None


class SupervisedMethod(WireObject):
    """Settings of the supervised method, as a job shows them."""

    hyperparameters: Hyperparameters
    split_turns: bool = Field(default=False, exclude_if=lambda splits: not splits)
    """Our own: an example that the chat template rewrites becomes one a learned turn.

    Absent where that is not so.
    """
    safety_mix: float | None = Field(default=None, exclude_if=lambda share: share is None)
    """Our own: the share of the trained examples that are shipped safe demonstrations."""


class PreferenceMethod(WireObject):
    """Settings of direct preference optimization, as a job shows them."""

    hyperparameters: PreferenceHyperparameters


class JobMethod(WireObject):
    """How a job trains; only the object that matches `type` is there."""

    type: MethodName = "supervised"
    supervised: SupervisedMethod | None = Field(default=None, exclude_if=lambda it: it is None)
    dpo: PreferenceMethod | None = Field(default=None, exclude_if=lambda it: it is None)
    reinforcement: ReinforcementMethod | None = Field(
        default=None, exclude_if=lambda it: it is None
    )


class FineTuningJob(HasId):
    """A job: what was asked for, how far it is and what came of it."""

    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    model: str
    created_at: int
    finished_at: int | None
    fine_tuned_model: str | None
    organization_id: str
    result_files: Sequence[str]
    status: str
    validation_file: str | None
    training_file: str
    hyperparameters: Hyperparameters
    trained_tokens: int | None
    error: JobError | None
    """Null on a job without an error: an empty object would be true in users' programs."""
    user_provided_suffix: str | None
    seed: int
    estimated_finish: int | None
    integrations: Sequence[Integration]
    method: JobMethod
    metadata: dict[str, str] | None
    eval_id: str | None = Field(default=None, exclude_if=lambda it: it is None)
    """The eval whose runs are the validations of a reinforcement job, once it has begun."""


class FineTuningEvent(HasId):
    """One line of a job's story."""

    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics", "moderation_checks"]
    data: dict[str, Any] | None
    wording: WordingField = None


class FineTuningCheckpoint(HasId):
    """A model saved during training, which can be served like any other."""

    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: dict[str, float]
    """Only what was measured: `valid_*` keys are absent without a validation file."""
