"""From the name of a model to the order that exports it: its files and its base."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError, NotFoundError
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.registry.catalogue import Catalogue
from understudy.registry.tuning import TrainedWeights
from understudy.storage.blobs import BlobStore
from understudy.storage.jobs.jobs import get_job
from understudy.storage.models import find_model, find_model_anywhere
from understudy.storage.releases.cards import model_card
from understudy.storage.tables.jobs import TunedModelRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What somebody wants to take out of here, defaults applied."""

    model: str
    format: ExportFormat
    number_type: NumberType | None

    @classmethod
    def of(
        cls, model: str, format: ExportFormat, number_type: NumberType | None
    ) -> "ExportRequest":
        """Check a request; raises InvalidRequestError for a type that the format does not have."""
        if format is not ExportFormat.GGUF and number_type is not None:
            raise InvalidRequestError(
                worded(
                    "jobs.type_one_gguf_files",
                    "The type {number_type} is one of GGUF files; leave it out for "
                    "'{format}', whose numbers stay in the format of the base.",
                    number_type=number_type,
                    format=format,
                ),
                param="type",
            )
        if format is ExportFormat.GGUF and number_type is None:
            number_type = NumberType.F16
        return cls(model=model, format=format, number_type=number_type)


def order_of(
    session: Session,
    blobs: BlobStore,
    catalogue: Catalogue,
    request: ExportRequest,
    *,
    project_id: str | None,
    output: Path,
) -> ExportOrder:
    """Return the order for a base or a tuned model; `project_id` None means every project's.

    Raises NotFoundError for a model that is not here or has lost its base, and
    InvalidRequestError for an adapter of a model that has none.
    """
    if request.model in catalogue.remotes:
        raise InvalidRequestError(
            worded(
                "jobs.weights_another_server_so",
                "{words} has its weights on another server, so it cannot be exported.",
                words=catalogue.remotes[request.model].words,
            ),
            code="unsupported_model",
            param="model",
        )
    resolved = catalogue.resolve(request.model)
    if resolved is not None:
        return _order(request, resolved.base.name, resolved.base.directory, None, None, output)
    tuned = (
        find_model_anywhere(session, request.model)
        if project_id is None
        else find_model(session, project_id, request.model)
    )
    if tuned is None and (resolved := catalogue.match(request.model)) is not None:
        return _order(request, resolved.base.name, resolved.base.directory, None, None, output)
    if tuned is None:
        raise NotFoundError(
            worded(
                "jobs.model_does_not_exist",
                "The model '{model}' does not exist",
                model=request.model[:200],
            ),
            code="model_not_found",
            param="model",
        )
    validation = _validation(session, blobs, tuned)
    own, provenance = Path(tuned.directory), model_card(session, tuned).markdown()
    if tuned.trained == TrainedWeights.FULL:
        whole = _order(request, tuned.base, own, None, validation, output)
        return replace(whole, provenance=provenance)
    if tuned.base not in catalogue.bases:
        raise NotFoundError(
            worded(
                "jobs.model_tuned_from_which",
                "The model '{name}' was tuned from '{base}', which this server no "
                "longer has; add that base again to export it.",
                name=tuned.name,
                base=tuned.base,
            ),
            code="model_not_found",
            param="model",
        )
    base = catalogue.bases[tuned.base].directory
    order = _order(request, tuned.base, base, own, validation, output)
    return replace(order, provenance=provenance)


def _order(
    request: ExportRequest,
    base: str,
    directory: Path,
    adapter: Path | None,
    validation: Path | None,
    output: Path,
) -> ExportOrder:
    if request.format is ExportFormat.PEFT and adapter is None:
        raise InvalidRequestError(
            worded(
                "jobs.model_no_adapter_all",
                "The model '{model}' has no adapter: all of its weights are its own. "
                "Export it as 'merged' or 'gguf'.",
                model=request.model,
            ),
            param="format",
        )
    return ExportOrder(
        model=request.model,
        base=base,
        directory=directory,
        adapter=adapter,
        format=request.format,
        number_type=request.number_type,
        validation=validation,
        output=output,
    )


def _validation(session: Session, blobs: BlobStore, tuned: TunedModelRow) -> Path | None:
    """Return the validation file of a model's job while it is still there."""
    digest = get_job(session, tuned.job_id).validation_blob
    path = None if digest is None else blobs.path(digest)
    return path if path is not None and path.is_file() else None
