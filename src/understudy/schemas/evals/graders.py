"""Graders on the wire: all six types, in every way of writing them that users' programs have."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from understudy.schemas.base import PositiveNumber, Seed, StoredText, StrictRequest

_SOURCE_BYTES = 256 * 1024
MAX_MESSAGES = 256
_TOKEN_LIMITS = ("max_completions_tokens", "max_completion_tokens", "max_tokens")

Metric = Literal[
    "fuzzy_match",
    "bleu",
    "gleu",
    "meteor",
    "cosine",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
]
Name = Annotated[StoredText, StringConstraints(min_length=1, max_length=256)]
TemplateText = Annotated[StoredText, StringConstraints(max_length=1024 * 1024)]


def _without_nulls(value: object) -> object:
    """Null means the same as an absent field everywhere."""
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    return {name: field for name, field in fields.items() if field is not None}


class _Grader(StrictRequest):
    """What all types share."""

    name: Name

    @model_validator(mode="before")
    @classmethod
    def _with_name(cls, value: object) -> object:
        """Guides' own examples have no name; the type is one."""
        fields = _without_nulls(value)
        if isinstance(fields, dict) and "name" not in fields and "type" in fields:
            return {**fields, "name": fields["type"]}
        return fields


class _ScoringGrader(_Grader):
    """A grader whose score says whether a sample passes."""

    pass_threshold: float | None = None
    """From this score on it does; evals have this field, and users leave it in jobs' graders."""


def _one_name_for_unequal(value: object) -> object:
    return "ne" if value == "neq" else value


class StringCheckGrader(_ScoringGrader):
    """Compares two texts."""

    type: Literal["string_check"] = "string_check"
    input: TemplateText
    reference: TemplateText
    operation: Annotated[
        Literal["eq", "ne", "like", "ilike"], BeforeValidator(_one_name_for_unequal)
    ]


class TextSimilarityGrader(_ScoringGrader):
    """Says how alike two texts are."""

    type: Literal["text_similarity"] = "text_similarity"
    input: TemplateText
    reference: TemplateText
    evaluation_metric: Metric


def _within_the_limit(source: str) -> str:
    size = len(source.encode())
    if size >= _SOURCE_BYTES:
        raise PydanticCustomError(
            "invalid_value",
            "The source has {size} bytes; it must have less than {limit}.",
            {"size": size, "limit": _SOURCE_BYTES},
        )
    return source


class PythonGrader(_ScoringGrader):
    """Runs its owner's code."""

    type: Literal["python"] = "python"
    source: Annotated[StoredText, AfterValidator(_within_the_limit)]
    image_tag: str | None = None
    """Which of OpenAI's environments the code was written for; there is one environment here."""


class TextPart(StrictRequest):
    """A piece of text in a message."""

    type: Literal["input_text", "output_text", "text"]
    text: TemplateText


def _kind_of_content(value: object) -> str:
    if isinstance(value, list):
        return "<array>"
    return "<part>" if isinstance(value, dict | BaseModel) else "<text>"


class JudgeMessage(StrictRequest):
    """A message to a judge."""

    type: Literal["message"] | None = None
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[
        Annotated[TemplateText, Tag("<text>")]
        | Annotated[TextPart, Tag("<part>")]
        | Annotated[
            list[
                Annotated[
                    Annotated[TemplateText, Tag("<text>")] | Annotated[TextPart, Tag("<part>")],
                    Discriminator(_kind_of_content),
                ]
            ],
            Field(min_length=1),
            Tag("<array>"),
        ],
        Discriminator(_kind_of_content),
    ]

    @property
    def texts(self) -> list[str]:
        """The templates that the content is joined from."""
        parts = self.content if isinstance(self.content, list) else [self.content]
        return [part if isinstance(part, str) else part.text for part in parts]


JudgeMessages = Annotated[list[JudgeMessage], Field(min_length=1, max_length=MAX_MESSAGES)]


class JudgeSampling(StrictRequest):
    """How a judge's answer is drawn."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Seed | None = None
    max_completions_tokens: PositiveNumber | None = None
    """So misspelled in OpenAI's own schema; its guides write the two other names."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )

    @model_validator(mode="before")
    @classmethod
    def _one_name_for_the_limit(cls, value: object) -> object:
        fields = _without_nulls(value)
        if not isinstance(fields, dict):
            return fields
        limits = {name: fields.pop(name) for name in _TOKEN_LIMITS if name in fields}
        if len({repr(limit) for limit in limits.values()}) > 1:
            raise PydanticCustomError(
                "invalid_value", "{names} differ; give only one.", {"names": " and ".join(limits)}
            )
        for limit in limits.values():
            fields["max_completions_tokens"] = limit
        return fields


def _in_order(bounds: list[float]) -> list[float]:
    if bounds[0] >= bounds[1]:
        raise PydanticCustomError("invalid_value", "Expected the lower bound before the upper one.")
    return bounds


class ScoreModelGrader(_ScoringGrader):
    """Lets a model give a score."""

    type: Literal["score_model"] = "score_model"
    model: Name
    input: JudgeMessages
    range: (
        Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_in_order)] | None
    ) = None
    sampling_params: JudgeSampling | None = None


class LabelModelGrader(_Grader):
    """Lets a model choose a label."""

    type: Literal["label_model"] = "label_model"
    model: Name
    input: JudgeMessages
    labels: Annotated[list[Name], Field(min_length=1, max_length=256)]
    passing_labels: list[Name]
    sampling_params: JudgeSampling | None = None

    @field_validator("passing_labels")
    @classmethod
    def _are_labels(cls, passing: list[str], info: ValidationInfo) -> list[str]:
        strangers = [label for label in passing if label not in info.data.get("labels", passing)]
        if strangers:
            raise PydanticCustomError(
                "invalid_value", "'{label}' is not one of 'labels'.", {"label": strangers[0]}
            )
        return passing


def _written(grader: _Grader) -> dict[str, Any]:
    return grader.model_dump(exclude_none=True)


def _of_type(*schemas: type[_Grader]) -> PlainValidator:
    """Read a grader by its type, so that complaints name the fields of that type only."""
    by_type = {schema.model_fields["type"].default: schema for schema in schemas}

    class Typed(BaseModel):
        model_config = ConfigDict(extra="ignore")
        type: Literal[*by_type]  # pyright: ignore[reportInvalidTypeForm]

    def read(value: object) -> _Grader:
        if isinstance(value, schemas):
            return value
        Typed.model_validate(value)
        return by_type[cast("Mapping[str, str]", value)["type"]].model_validate(value)

    return PlainValidator(read)


_SINGLE = (
    StringCheckGrader,
    TextSimilarityGrader,
    ScoreModelGrader,
    LabelModelGrader,
    PythonGrader,
)
SingleGrader = Annotated[
    StringCheckGrader | TextSimilarityGrader | ScoreModelGrader | LabelModelGrader | PythonGrader,
    _of_type(*_SINGLE),
    PlainSerializer(_written),
]


def _as_map(value: object) -> object:
    """OpenAI's schema has one grader here, its users have a map; each part is named by its key."""
    if not isinstance(value, dict):
        return value
    parts = cast("dict[str, Any]", value)
    if isinstance(parts.get("type"), str):
        parts = {str(parts.get("name") or parts["type"]): parts}
    return {name: _named(name, part) for name, part in parts.items()}


def _named(name: str, part: object) -> object:
    fields = _without_nulls(part)
    return {"name": name, **fields} if isinstance(fields, dict) else fields


class MultiGrader(_ScoringGrader):
    """Joins the scores of several graders by a formula."""

    type: Literal["multi"] = "multi"
    graders: Annotated[
        dict[Name, SingleGrader], BeforeValidator(_as_map), Field(min_length=1, max_length=64)
    ]
    calculate_output: Annotated[StoredText, StringConstraints(min_length=1)]


WireGrader = Annotated[
    SingleGrader | MultiGrader, _of_type(*_SINGLE, MultiGrader), PlainSerializer(_written)
]
"""A grader of any type."""

RewardGrader = Annotated[
    StringCheckGrader | TextSimilarityGrader | ScoreModelGrader | PythonGrader | MultiGrader,
    _of_type(*(schema for schema in _SINGLE if schema is not LabelModelGrader), MultiGrader),
    PlainSerializer(_written),
]
"""A grader whose score can be a reward: of any type but `label_model`."""

GRADER_TYPES = frozenset(schema.model_fields["type"].default for schema in (*_SINGLE, MultiGrader))
"""The names of all types, such as `string_check`."""
