"""Evals: what their data look like and how answers are judged."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.evals.graders import WireGrader
from understudy.schemas.evals.imports import ImportedFrom
from understudy.schemas.lists import HasId
from understudy.schemas.metadata import Metadata

Name = Annotated[StoredText, StringConstraints(min_length=1, max_length=512)]


class EvalOrder(StrEnum):
    """What a list of evals is ordered by."""

    CREATED = "created_at"
    UPDATED = "updated_at"


def _type_of(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{kind}>" if kind in ("custom", "logs", "stored_completions") else "<custom>"


class CustomDataSource(StrictRequest):
    """Data that the owner describes by a schema."""

    type: Literal["custom"]
    item_schema: dict[str, Any]
    include_sample_schema: bool | None = None


class LogsDataSource(StrictRequest):
    """Data from stored answers; the metadata are those that runs usually ask for."""

    type: Literal["logs", "stored_completions"]
    metadata: Metadata | None = None


DataSourceConfig = Annotated[
    Annotated[CustomDataSource, Tag("<custom>")]
    | Annotated[LogsDataSource, Tag("<logs>")]
    | Annotated[LogsDataSource, Tag("<stored_completions>")],
    Discriminator(_type_of),
]


class CreateEval(StrictRequest):
    """The request to make an eval."""

    name: Name | None = None
    metadata: Metadata | None = None
    data_source_config: DataSourceConfig
    testing_criteria: Annotated[list[WireGrader], Field(min_length=1, max_length=64)]


class UpdateEval(StrictRequest):
    """The request to rename an eval, or to give it other metadata."""

    name: Name | None = None
    metadata: Metadata | None = None


class Eval(HasId):
    """An eval."""

    object: Literal["eval"] = "eval"
    name: str
    created_at: int
    metadata: dict[str, str]
    data_source_config: dict[str, Any]
    testing_criteria: Sequence[dict[str, Any]]
    """As they were given, each with an `id`; `switched_off` says why one is unused."""
    imported: ImportedFrom | None
    """Ours: where it came from; null for an eval that was made here."""


class EvalDeleted(WireObject):
    """The answer to the deletion of an eval."""

    object: Literal["eval.deleted"] = "eval.deleted"
    deleted: Literal[True] = True
    eval_id: str
