"""Batches: a file of requests that are answered within a day, at the lowest priority."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.files.files import ExpiresAfter
from understudy.schemas.lists import HasId
from understudy.schemas.metadata import Metadata

MAX_REQUESTS = 50_000
"""Most lines that one batch may have."""

MAX_INPUT_BYTES = 200 * 1024 * 1024
"""Largest input file of a batch."""

OUTPUT_PURPOSE = "batch_output"
"""Purpose of the files that a batch makes."""


class BatchEndpoint(StrEnum):
    """Which requests a batch may consist of."""

    RESPONSES = "/v1/responses"
    CHAT = "/v1/chat/completions"
    COMPLETIONS = "/v1/completions"
    EMBEDDINGS = "/v1/embeddings"
    MODERATIONS = "/v1/moderations"


class BatchStatus(StrEnum):
    """The states of a batch."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


UNFINISHED = frozenset(
    {
        BatchStatus.VALIDATING,
        BatchStatus.IN_PROGRESS,
        BatchStatus.FINALIZING,
        BatchStatus.CANCELLING,
    }
)
ENDED = frozenset(BatchStatus) - UNFINISHED


class CreateBatch(StrictRequest):
    """What a new batch is made of."""

    input_file_id: StoredText
    endpoint: Literal[
        "/v1/responses",
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/moderations",
    ]
    completion_window: Literal["24h"]
    metadata: Metadata | None = None
    output_expires_after: ExpiresAfter | None = None
    """When the files with the answers disappear, after they were made; 30 days if omitted."""


class BatchError(WireObject):
    """Something that is wrong with the input file."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None
    """Counted from 1; null for what is wrong with the file as a whole."""


class BatchErrors(WireObject):
    """Why a batch failed."""

    object: Literal["list"] = "list"
    data: Sequence[BatchError]


class BatchRequestCounts(WireObject):
    """How many requests a batch has, and how many of them were answered, well or with an error."""

    total: int
    completed: int
    failed: int


class BatchInputDetails(WireObject):
    """Which of the tokens that were read were known already."""

    cached_tokens: int


class BatchOutputDetails(WireObject):
    """Which of the tokens that were written are reasoning."""

    reasoning_tokens: int


class BatchUsage(WireObject):
    """What the answers of a batch cost so far."""

    input_tokens: int
    input_tokens_details: BatchInputDetails
    output_tokens: int
    output_tokens_details: BatchOutputDetails
    total_tokens: int


class Batch(HasId):
    """A batch."""

    object: Literal["batch"] = "batch"
    endpoint: str
    model: str | None
    errors: BatchErrors | None
    input_file_id: str
    completion_window: Literal["24h"] = "24h"
    status: BatchStatus
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: BatchRequestCounts
    usage: BatchUsage
    metadata: Mapping[str, str] | None
