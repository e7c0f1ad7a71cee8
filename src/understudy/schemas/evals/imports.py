"""What is imported from elsewhere: an eval, and runs of it that ended there, as history."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from understudy.schemas.base import StoredText, StrictRequest, WholeNumber, WireObject
from understudy.schemas.metadata import Metadata

MAX_ITEMS = 50_000
_Count = WholeNumber
_Name = Annotated[StoredText, Field(max_length=512)]
_Id = Annotated[StoredText, Field(min_length=1, max_length=512)]


class Origin(StrictRequest):
    """Where an object was before it was imported."""

    source: Literal["openai", "understudy", "promptfoo"]
    file: StoredText | None = None
    """The name of the file that it was in."""
    id: StoredText | None = None
    """Its id there."""
    fields: dict[str, Any] = Field(default_factory=dict[str, Any])
    """What it had there and objects here do not."""


class ImportedFrom(WireObject):
    """Where an imported object came from, and when."""

    source: str
    file: str | None
    id: str | None
    fields: dict[str, Any]
    at: int


class ImportEval(StrictRequest):
    """The request to import an eval; its criteria keep the ids that they have."""

    imported: Origin
    name: Annotated[_Name, Field(min_length=1)] | None = None
    created_at: _Count | None = None
    metadata: Metadata = Field(default_factory=dict[str, str])
    data_source_config: dict[str, Any]
    """As an eval shows it, with its `schema`."""
    testing_criteria: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=64)]
    """Those that cannot be used here are switched off, not refused."""


class ImportedResult(StrictRequest):
    """What one criterion said of an item; whatever else it has is kept."""

    model_config = ConfigDict(extra="allow")

    name: _Id
    score: float
    passed: bool
    sample: dict[str, Any] | None = None


class ImportItem(StrictRequest):
    """An output item of an imported run."""

    created_at: _Count
    status: Literal["pass", "fail", "errored"]
    datasource_item_id: _Count
    datasource_item: dict[str, Any]
    results: list[ImportedResult]
    sample: dict[str, Any]


class ImportedCounts(StrictRequest):
    """What became of the items of an imported run."""

    total: _Count
    errored: _Count
    failed: _Count
    passed: _Count


class ImportedCriterion(StrictRequest):
    """What one criterion said of all items of an imported run."""

    testing_criteria: _Id
    passed: _Count
    failed: _Count


class ImportedUsage(StrictRequest):
    """What an imported run asked of one model."""

    model_name: StoredText
    invocation_count: _Count
    prompt_tokens: _Count
    completion_tokens: _Count
    cached_tokens: _Count = 0
    total_tokens: _Count = 0


class ImportedError(StrictRequest):
    """Why an imported run failed."""

    code: StoredText
    message: StoredText


class ImportRun(StrictRequest):
    """The request to import a run that ended elsewhere, with its output items."""

    imported: Origin
    name: _Name = ""
    model: _Name = ""
    status: Literal["completed", "failed", "canceled"]
    created_at: _Count
    finished_at: _Count | None = None
    metadata: Metadata = Field(default_factory=dict[str, str])
    data_source: dict[str, Any]
    result_counts: ImportedCounts
    per_testing_criteria_results: list[ImportedCriterion] = Field(
        default_factory=list[ImportedCriterion]
    )
    per_model_usage: list[ImportedUsage] = Field(default_factory=list[ImportedUsage])
    error: ImportedError | None = None
    output_items: Annotated[list[ImportItem], Field(max_length=MAX_ITEMS)]
