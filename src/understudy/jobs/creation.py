"""What is checked and written when a job is created."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.chat.named_templates.linked_base import is_same_base
from understudy.data.files.formats import Method
from understudy.errors import InvalidRequestError
from understudy.ids import base62, new_id
from understudy.jobs import texts
from understudy.jobs.integrations import WandbIntegration, check_distinct, integration_rows
from understudy.jobs.lifecycle import Desired, JobStatus
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import ReinforcementSettings, settings_to_json
from understudy.registry.catalogue import DEFAULT_BASE, BaseModel, Catalogue, ResolvedBase
from understudy.registry.names import IDENTIFIER_LENGTH
from understudy.registry.teaching import Teaching, teaching_to_json
from understudy.registry.tuning import (
    FullTuning,
    TrainedWeights,
    Tuning,
    tuning_from_json,
    tuning_to_json,
)
from understudy.storage.files.files import find_file
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.jobs.jobs import get_job
from understudy.storage.models import find_alias, find_usable_model
from understudy.storage.tables.jobs import JobMetadataRow, JobRow, TunedModelRow
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded

_SEEDS = 2**31
_OPENAI_NAME = re.compile(r"(gpt-|chatgpt-|o\d|babbage|davinci|text-)[\w.-]*")


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A fine-tuning job as it was asked for."""

    method: Method = Method.SUPERVISED
    model: str
    training_file: str
    validation_file: str | None = None
    hyperparameters: JobHyperparameters = field(default_factory=JobHyperparameters)
    reinforcement: ReinforcementSettings | None = None
    """What is rewarded; there with the method of that name, and only there."""
    splits_turns: bool | None = None
    """Whether an example that the chat template rewrites becomes one a learned turn; None leaves it
    to the base."""
    safety_mix: float | None = None
    """The share of trained examples that are shipped safe demonstrations; None mixes none in."""
    teaching: Teaching | None = None
    """Whose probabilities are learned; None where the answers alone are."""
    seed: int | None = None
    """None lets the platform choose one."""
    suffix: str | None = None
    metadata: Mapping[str, str] | None = None
    integrations: tuple[WandbIntegration, ...] = ()
    organization: str
    """The operator's name in the tuned model's name."""
    created_by: Mapping[str, str] | None = None
    """The id, name and hint of the key that asks; None where no key does."""


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """The model that training begins at, and how it is trained."""

    shown: str
    base_name: str
    base: str
    directory: Path
    continued_directory: Path | None
    tuning: Tuning
    template_date: str | None
    """The day that the chat template prints; None for the day on which training starts."""
    splits_turns: bool
    """Whether examples that the chat template rewrites are split, where the job does not say."""


@dataclass(frozen=True, kw_only=True)
class CheckedJob:
    """What a new job names, found."""

    start: StartingPoint
    training: FileRow
    validation: FileRow | None
    splits_turns: bool
    """Whether an example that the chat template rewrites becomes one a learned turn."""


def check_new_job(
    session: Session, catalogue: Catalogue, project_id: str, new: NewJob
) -> CheckedJob:
    """Check a new job against what exists; raises InvalidRequestError with the contract's texts."""
    start = find_starting_point(session, catalogue, project_id, new.model)
    training = _usable_file(session, project_id, new.training_file, "training_file")
    validation = None
    if new.validation_file is not None:
        validation = _usable_file(session, project_id, new.validation_file, "validation_file")
    splits_turns = start.splits_turns if new.splits_turns is None else new.splits_turns
    return CheckedJob(
        start=start, training=training, validation=validation, splits_turns=splits_turns
    )


def insert_job(
    session: Session, catalogue: Catalogue, project_id: str, new: NewJob, *, now: int
) -> JobRow:
    """Check a new job against what exists and write its row and first events.

    Raises InvalidRequestError with the contract's texts.
    """
    check_distinct(new.integrations)
    checked = check_new_job(session, catalogue, project_id, new)
    job = _job_row(new, checked, project_id, now)
    session.add(job)
    session.flush()
    for event in _first_events(job):
        append_event(session, job.id, event, created_at=now)
    return job


def find_starting_point(
    session: Session, catalogue: Catalogue, project_id: str, requested: str
) -> StartingPoint:
    """Return where training of a model begins; raises InvalidRequestError where it cannot."""
    if requested in catalogue.remotes:
        raise _remote(catalogue, requested)
    if requested in catalogue.embedders:
        raise InvalidRequestError(
            worded(
                "api.embedder_untrainable",
                "The model {model} makes embeddings and cannot be trained.",
                model=requested,
            ),
            code="model_not_available",
            param="model",
        )
    resolved = catalogue.resolve(requested)
    if resolved is not None:
        return _fresh(resolved)
    tuned = find_usable_model(session, project_id, requested)
    # An alias of the project's own stands for that model, whatever the server's patterns say.
    is_own_name = tuned is not None or find_alias(session, project_id, requested) is not None
    if not is_own_name and (resolved := catalogue.match(requested)) is not None:
        return _fresh(resolved)
    if tuned is None or tuned.base not in catalogue.bases:
        raise _not_available(catalogue, requested)
    return _continued(session, tuned, catalogue.bases[tuned.base])


def _fresh(start: ResolvedBase) -> StartingPoint:
    return StartingPoint(
        shown=start.name,
        base_name=start.name,
        base=start.base.name,
        directory=start.base.directory,
        continued_directory=None,
        tuning=start.base.tuning,
        template_date=_iso(start.base.template_date),
        splits_turns=start.base.splits_turns,
    )


def _continued(session: Session, tuned: TunedModelRow, base: BaseModel) -> StartingPoint:
    """Train on as the model was made: an adapter's shape, a whole model's size, a template's date.

    An adapter whose base is trained in full by now becomes part of the weights that are trained.
    A chat template that the base was given since is not the model's.
    """
    job = get_job(session, tuned.job_id)
    made_of = Path(job.base_directory)
    is_here = made_of.is_dir() and is_same_base(made_of, base.directory)
    own_base = made_of if is_here else base.directory
    if tuned.trained == TrainedWeights.FULL:
        directory, continued, tuning = Path(tuned.directory), None, FullTuning()
    elif isinstance(base.tuning, FullTuning):
        directory, continued, tuning = own_base, Path(tuned.directory), base.tuning
    else:
        directory, continued = own_base, Path(tuned.directory)
        tuning = tuning_from_json(job.tuning)
    return StartingPoint(
        shown=tuned.name,
        base_name=tuned.base_name,
        base=base.name,
        directory=directory,
        continued_directory=continued,
        tuning=tuning,
        template_date=_iso(base.template_date) or tuned.template_date,
        splits_turns=base.splits_turns,
    )


def _not_available(catalogue: Catalogue, requested: str) -> InvalidRequestError:
    message = f"Model {requested} is not available for fine-tuning or does not exist."
    if _OPENAI_NAME.fullmatch(requested) and catalogue.bases:
        base = DEFAULT_BASE if DEFAULT_BASE in catalogue.bases else next(iter(catalogue.bases))
        message += (
            f" To train {base} under this name, add this line to understudy.toml under [aliases]:"
            f' "{requested}" = "{base}" (or start the server with --alias {requested}={base}).'
        )
    return InvalidRequestError(message, code="model_not_available", param="model")


def _remote(catalogue: Catalogue, requested: str) -> InvalidRequestError:
    bases = ", ".join(catalogue.bases) or "none is here yet"
    return InvalidRequestError(
        worded(
            "jobs.cannot_trained_weights_another",
            "{words} cannot be trained: its weights are on another server. Train a "
            "base of this server ({bases}) on what it answers.",
            words=catalogue.remotes[requested].words,
            bases=bases,
        ),
        code="model_not_available",
        param="model",
    )


def _usable_file(session: Session, project_id: str, file_id: str, param: str) -> FileRow:
    row = find_file(session, project_id, file_id)
    if row is None:
        raise InvalidRequestError(
            worded(
                "jobs.wrong_file",
                "invalid {param}: {file_id}",
                param=param,
                file_id=file_id,
            ),
            param=param,
        )
    if row.purpose != "fine-tune":
        raise InvalidRequestError(
            worded(
                "api.file_purpose",
                "invalid {param}: {file} has the purpose '{purpose}', but it must be 'fine-tune'",
                param=param,
                file=file_id,
                purpose=row.purpose,
            ),
            param=param,
        )
    return row


def _job_row(new: NewJob, checked: CheckedJob, project_id: str, now: int) -> JobRow:
    start, training, validation = checked.start, checked.training, checked.validation
    pairs = [JobMetadataRow(key=key, value=value) for key, value in (new.metadata or {}).items()]
    return JobRow(
        id=new_id("ftjob-"),
        project_id=project_id,
        organization=new.organization,
        created_at=now,
        method=new.method,
        status=JobStatus.VALIDATING_FILES,
        desired=Desired.RUN,
        model=start.shown,
        base_name=start.base_name,
        base=start.base,
        base_directory=str(start.directory),
        continued_directory=start.continued_directory and str(start.continued_directory),
        tuning=tuning_to_json(start.tuning),
        template_date=start.template_date,
        splits_turns=checked.splits_turns,
        training_file=training.id,
        training_blob=training.sha256,
        validation_file=None if validation is None else validation.id,
        validation_blob=None if validation is None else validation.sha256,
        teaching=None if new.teaching is None else teaching_to_json(new.teaching),
        safety_mix=new.safety_mix,
        created_by=None if new.created_by is None else dict(new.created_by),
        requested=asdict(new.hyperparameters),
        reinforcement=None if new.reinforcement is None else settings_to_json(new.reinforcement),
        seed=secrets.randbelow(_SEEDS) if new.seed is None else new.seed,
        suffix=new.suffix,
        identifier=base62(IDENTIFIER_LENGTH),
        pairs=pairs,
        integrations=integration_rows(new.integrations),
    )


def _first_events(job: JobRow) -> tuple[NewEvent, NewEvent]:
    validating = texts.validating(job.training_file, job.validation_file)
    return (
        NewEvent(key="created", message=texts.created(job.id), data={}),
        NewEvent(key="validating", message=validating, data={}),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
