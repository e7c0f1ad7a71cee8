"""Whether a batch's input can be worked on: every line, before the first one is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from understudy.data.files.json_lines import MAX_LINE_BYTES, LineTooLongError
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.schemas.batches import MAX_INPUT_BYTES, MAX_REQUESTS, BatchEndpoint, BatchError
from understudy.server.batches.lines import BatchLine, LineError, numbered_texts, read_line

MAX_ERRORS = 100
"""So many errors are shown; one more says how many others there are."""

_QUOTED = 100


@dataclass(frozen=True, kw_only=True)
class GoodInput:
    """An input that can be worked on."""

    total: int
    model: str | None
    """None where no line names one, which only moderations allow."""


def validate(
    path: Path, endpoint: str, check_model: Callable[[str], None]
) -> GoodInput | list[BatchError]:
    """Read an input file to its end; returns what is in it, or what is wrong with it. Blocks.

    `check_model` raises NotFoundError or InvalidRequestError for a model that cannot answer.
    """
    size = path.stat().st_size
    if size > MAX_INPUT_BYTES:
        message = (
            f"The input file has {size:,} bytes; a batch may have at most 200 MB "
            f"({MAX_INPUT_BYTES:,} bytes). Divide it into several batches."
        )
        return [BatchError(code="file_too_large", message=message)]
    found = _Findings(endpoint)
    try:
        for number, text in numbered_texts(path):
            if found.add(number, text) > MAX_REQUESTS:
                message = (
                    f"The input file has more than {MAX_REQUESTS:,} requests, the most that one "
                    "batch may have. Divide it into several batches."
                )
                return [BatchError(code="too_many_tasks", message=message)]
    except LineTooLongError as error:
        message = f"This line is longer than {MAX_LINE_BYTES:,} bytes."
        found.complain(LineError(error.number, "line_too_long", message).error)
    if not found.total:
        message = (
            "The input file is empty. Please ensure that the batch contains at least one request."
        )
        return [BatchError(code="empty_file", message=message)]
    if found.model is not None and not found.errors:
        try:
            check_model(found.model)
        except (InvalidRequestError, NotFoundError) as error:
            code = error.code or "model_not_found"
            found.complain(BatchError(code=code, message=error.message, param="body.model", line=1))
    return found.all_errors() or GoodInput(total=found.total, model=found.model)


@dataclass
class _Findings:
    """What is known of a file after some of its lines."""

    endpoint: str
    total: int = 0
    model: str | None = None
    errors: list[BatchError] = field(default_factory=list[BatchError])
    unshown: int = 0
    _ids: dict[bytes, int] = field(default_factory=dict[bytes, int])
    """Digests, since an id may have any length, and the line of each."""

    def add(self, number: int, text: bytes) -> int:
        """Look at a line; returns how many there were."""
        self.total += 1
        try:
            line = read_line(number, text, self.endpoint)
            self._check_id(line)
            self._check_body(line)
        except LineError as problem:
            self.complain(problem.error)
        return self.total

    def complain(self, error: BatchError) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(error)
        else:
            self.unshown += 1

    def all_errors(self) -> list[BatchError]:
        if not self.unshown:
            return self.errors
        message = f"{self.unshown:,} more errors are not shown; correct these first."
        return [*self.errors, BatchError(code="too_many_errors", message=message)]

    def _check_id(self, line: BatchLine) -> None:
        digest = blake2b(line.custom_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        earlier = self._ids.setdefault(digest, line.number)
        if earlier != line.number:
            message = (
                f"The custom_id '{line.custom_id[:_QUOTED]}' for this request is a duplicate of "
                f"another request, in line {earlier}. The custom_id parameter must be unique for "
                "each request in a batch."
            )
            raise LineError(line.number, "duplicate_custom_id", message, "custom_id")

    def _check_body(self, line: BatchLine) -> None:
        for name in ("stream", "background"):
            if line.body.get(name) is True:
                message = (
                    f"'{name}' is not supported in a batch, whose answers are read from a file "
                    "once they are whole; leave it out."
                )
                raise LineError(line.number, "unsupported_parameter", message, f"body.{name}")
        model = line.body.get("model")
        if model is None:
            if self.endpoint == BatchEndpoint.MODERATIONS:
                return
            message = "Missing required parameter: 'body.model'."
            raise LineError(line.number, "missing_required_parameter", message, "body.model")
        if not isinstance(model, str):
            message = "Invalid type for 'body.model': expected a string."
            raise LineError(line.number, "invalid_type", message, "body.model")
        self.model = self.model or model
        if model != self.model:
            message = (
                f"The provided model '{model[:_QUOTED]}' does not match '{self.model[:_QUOTED]}', "
                "the model of the requests before it. Each batch must contain requests for a "
                "single model."
            )
            raise LineError(line.number, "mismatched_model", message, "body.model")
