"""Our own objects below /v1/x/: stored answers made into a student's training."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from understudy.schemas.base import PositiveNumber, StoredText, StrictRequest, WireObject
from understudy.schemas.evals.graders import WireGrader
from understudy.schemas.evals.runs import StoredCompletions, StoredResponses
from understudy.schemas.fine_tuning.hyperparameters import RequestedHyperparameters
from understudy.schemas.lists import HasId
from understudy.schemas.metadata import Metadata

MAX_ANSWERS = 50_000
"""Answers that one distillation looks at; as many examples as a training file may have."""


class Questions(StrictRequest):
    """Questions that the teacher is asked when the distillation runs."""

    type: Literal["questions"]
    file_id: StoredText
    """An uploaded file of JSON Lines, each with `messages`, or with `prompt`, and maybe `tools`."""
    instructions: Annotated[StoredText, StringConstraints(min_length=1)] | None = None
    """A system prompt that the teacher reads before each question, and the student never."""
    limit: PositiveNumber | None = None
    max_tokens: PositiveNumber | None = None
    """Of one answer; a longer one is cut off and not learned."""


class SelectedAnswers(StrictRequest):
    """Stored chat completions and responses that were chosen one by one."""

    type: Literal["selected"]
    ids: Annotated[list[StoredText], Field(min_length=1, max_length=MAX_ANSWERS)]


_KINDS = ("responses", "questions", "selected")


def _kind_of(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{kind}>" if kind in _KINDS else "<stored_completions>"


def _method_of(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{kind}>" if kind in ("probabilities", "on_policy") else "<answers>"


AnswerSource = Annotated[
    Annotated[StoredCompletions, Tag("<stored_completions>")]
    | Annotated[StoredResponses, Tag("<responses>")]
    | Annotated[Questions, Tag("<questions>")]
    | Annotated[SelectedAnswers, Tag("<selected>")],
    Discriminator(_kind_of),
]


class KeepIf(StrictRequest):
    """Which answers are good enough to be learned."""

    grader: WireGrader
    """Sees the stored answer as `sample`; `item.input` is the conversation before it."""
    at_least: float
    """The lowest score that is kept."""


class LearnAnswers(StrictRequest):
    """The student learns the teacher's answers as they stand; any teacher will do."""

    type: Literal["answers"]


class LearnProbabilities(StrictRequest):
    """The student learns how likely the teacher finds each token of its answers."""

    type: Literal["probabilities"]
    temperature: Annotated[float, Field(gt=0, le=10)] = 1.0
    """What the logits of both are divided by; above 1, unlikely tokens weigh more."""
    top_k: Annotated[int, Field(ge=1, le=1000)] = 20
    """Tokens whose probabilities are kept one by one at each place; the rest is one bucket."""
    mix: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of the answers' own cross-entropy in the loss."""


class LearnOnPolicy(StrictRequest):
    """The student answers itself and learns how likely the teacher finds what it says."""

    type: Literal["on_policy"]
    max_tokens: Annotated[int, Field(ge=1, le=4096)] = 256
    """The longest answer that is sampled; a longer one is learned as far as it goes."""


LearningMethod = Annotated[
    Annotated[LearnAnswers, Tag("<answers>")]
    | Annotated[LearnProbabilities, Tag("<probabilities>")]
    | Annotated[LearnOnPolicy, Tag("<on_policy>")],
    Discriminator(_method_of),
]


class CreateDistillation(StrictRequest):
    """Which stored answers a student learns, and what is held out to see how well."""

    source: AnswerSource
    teacher: StoredText | None = None
    """Only answers of this model; the model that answers `questions`."""
    student: Annotated[StoredText, StringConstraints(min_length=1, max_length=300)]
    """The model that training starts from: a base, or a tuned model."""
    method: LearningMethod | None = None
    """What is learned of the teacher: its answers, where left out."""
    keep_if: KeepIf | None = None
    deduplicate: bool = True
    """Of questions that are nearly the same and have the same answer, keep one."""
    keep_refusals: bool = False
    redact: bool = False
    """Put typed placeholders in the place of personal data and secrets."""
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """The share that is held out, for validation and for the eval."""
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    hyperparameters: RequestedHyperparameters | None = None
    suffix: Annotated[StoredText, StringConstraints(max_length=64)] | None = None
    testing_criteria: Annotated[list[WireGrader], Field(min_length=1, max_length=64)] | None = None
    """What teacher, base and student are compared by; the teacher's own answer where left out."""
    metadata: Metadata | None = None


class DroppedAnswers(WireObject):
    """How many answers are not learned for one reason, and the first of them."""

    reason: str
    count: int
    examples: Sequence[str]
    """IDs of stored answers; lines of the file for questions without one."""
    detail: str
    """What was wrong with the first, in words."""


class DistillationCounts(WireObject):
    """What became of the stored answers that fit the selection."""

    found: int
    kept: int
    dropped: Sequence[DroppedAnswers]
    teachers: dict[str, int]
    """Kept answers by the model that gave them."""
    snapshots: dict[str, int] = Field(default_factory=dict)
    """Kept answers by the name under which other servers gave them: several of one teacher say
    that it changed meanwhile."""
    redacted: dict[str, int]
    """Places by the kind of data that stood there; empty unless it was asked for."""


class DistillationPreview(WireObject):
    """What a distillation would learn; nothing is made, and no grader is asked."""

    object: Literal["x.distillation.preview"] = "x.distillation.preview"
    counts: DistillationCounts
    is_graded: Literal[False] = False
    examples: Sequence[dict[str, Any]]
    """The first lines of the training file."""


class DistillationRuns(WireObject):
    """The runs of the eval on what was held out."""

    teacher: str | None
    base: str | None
    student: str | None


class CallCosts(WireObject):
    """What 1,000 calls like those that were held out take."""

    teacher_price: float | None
    """By `price_in` and `price_out` of the remote model; None where nobody said them."""
    machine_seconds: dict[str, float]
    """Of this machine, of base and student: each call's share of the time in which the run asked,
    many at once. Not how long a single caller waits."""


class DistillationResult(WireObject):
    """What teacher, base and student made of the held-out part."""

    sentence: str
    verdict: str
    passed: dict[str, float]
    """The share of items that passed, of teacher, base and student."""
    tokens_per_call: dict[str, float]
    """Prompt and completion together, of teacher, base and student."""
    cost_per_1000: CallCosts | None = None
    """None in the results of earlier versions."""


class Distillation(HasId):
    """A distillation, under way or done."""

    object: Literal["x.distillation"] = "x.distillation"
    created_at: int
    finished_at: int | None
    status: Literal[
        "queued", "collecting", "training", "evaluating", "succeeded", "failed", "cancelled"
    ]
    step: str | None
    """What is being done."""
    request: dict[str, Any]
    counts: DistillationCounts | None
    training_file: str | None
    validation_file: str | None
    provenance_file: str | None
    """Says of each line, training file first, which stored answer it came from."""
    job_id: str | None
    eval_id: str | None
    runs: DistillationRuns
    result: DistillationResult | None
    error: str | None
