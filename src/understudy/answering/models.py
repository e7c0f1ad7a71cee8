"""From the name in a request to what answers: weights with their renderer, or a remote model."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

import understudy
from understudy.answering.decisions.probabilities import LabelCalibration
from understudy.answering.remote.model import RemoteModel, RemoteModels
from understudy.answering.renderers import Renderers
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from understudy.inference.protocol import ModelRef
from understudy.registry.aliases import STRICT, Leniency
from understudy.registry.catalogue import BaseModel, Catalogue, CatalogueSource, ResolvedBase
from understudy.registry.image_reading import reads_images
from understudy.registry.releases import ReleasePolicy
from understudy.registry.remote_models import RemoteEndpoint, RemoteTask
from understudy.registry.tuning import TrainedWeights
from understudy.safety.release import why_held
from understudy.storage.answers.uses import ModelUses
from understudy.storage.database import Database
from understudy.storage.jobs.jobs import get_job
from understudy.storage.models import find_alias, find_usable_model
from understudy.storage.releases.checks import check_state
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.projects import ProjectRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model that can answer."""

    name: str
    """The name that answers carry: an alias is shown as the snapshot it resolved to."""
    weights: ModelRef
    renderer: ChatRenderer
    system_prompt: str | None = None
    """Said before a conversation that has no instructions of its own."""
    leniency: Leniency = STRICT
    """What is ignored that it cannot follow: by its alias, or the alias that it was tuned under."""
    labels: LabelCalibration | None = None
    """What it was taught to choose from; None for all that answers freely."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same request and seed may give another answer."""
        day = self.renderer.day
        parts = [understudy.__version__, repr(self.weights), self.renderer.hash, str(day)]
        parts += [self.system_prompt] if self.system_prompt else []
        return "fp_" + sha256("\n".join(parts).encode()).hexdigest()[:10]


AnsweringModel = ServedModel | RemoteModel
"""A model that can be asked."""


def _anything(_project: str) -> ReleasePolicy:
    return ReleasePolicy()


@dataclass(frozen=True, kw_only=True)
class ServedModels:
    """Every model that can answer here: bases, aliases, what was tuned, and remote models."""

    database: Database
    catalogue: CatalogueSource
    renderers: Renderers
    remotes: RemoteModels
    releases: Callable[[str], ReleasePolicy] = _anything
    """From a project's name to what its tuned models have to be to answer; nothing, where models
    are only examined."""
    uses: ModelUses = field(default_factory=ModelUses)

    @property
    def for_examination(self) -> "ServedModels":
        """The same models, those that are held too: for whoever measures and answers nobody."""
        return replace(self, releases=_anything)

    def find(self, project_id: str, requested: str) -> AnsweringModel:
        """Return the model of that name; blocks.

        Raises NotFoundError, and InvalidRequestError for a tuned model that no longer fits its
        base.
        """
        endpoint = self.remote_of(project_id, requested)
        if endpoint is not None and endpoint.task is RemoteTask.MODERATION:
            raise InvalidRequestError(
                worded(
                    "api.guard_model",
                    "The model `{model}` judges texts and answers no conversation; "
                    "name a chat model, or ask this one at /v1/moderations.",
                    model=requested,
                ),
                code="unsupported_model",
                param="model",
            )
        is_remote_embedder = endpoint is not None and endpoint.task is RemoteTask.EMBEDDING
        if is_remote_embedder or requested in self.catalogue().embedders:
            raise InvalidRequestError(
                worded(
                    "api.embedder_model",
                    "The model `{model}` makes embeddings and answers no conversation; "
                    "name a chat model, or ask this one at /v1/embeddings.",
                    model=requested,
                ),
                code="unsupported_model",
                param="model",
            )
        if endpoint is not None:
            return self.remotes.get(endpoint)
        return self.find_own(project_id, requested)

    def find_own(self, project_id: str, requested: str, *, why: str = "") -> ServedModel:
        """Return the model of this server with that name; blocks.

        `why` says in an error what a remote model cannot be used for. Raises what `find` raises,
        and InvalidRequestError for a remote model.
        """
        catalogue = self.catalogue()
        endpoint = self.remote_of(project_id, requested)
        if endpoint is not None:
            raise InvalidRequestError(
                f"{endpoint.words} is not on this server{why}; name a model that is.",
                code="unsupported_model",
                param="model",
            )
        resolved = catalogue.resolve(requested)
        if resolved is not None:
            return self._base(resolved)
        with self.database.read() as session:
            tuned = find_usable_model(session, project_id, requested)
            alias = find_alias(session, project_id, requested)
            trained_on = get_job(session, tuned.job_id).base_directory if tuned else ""
            if tuned is not None:
                self._refuse_held(session, tuned)
        if tuned is None and alias is not None:
            raise NotFoundError(
                worded(
                    "api.alias_gone",
                    "The alias `{alias}` stands for `{model}`, which is no model of "
                    "this server any more; let it stand for another one.",
                    alias=requested,
                    model=alias.model,
                ),
                code="model_not_found",
                param="model",
            )
        if tuned is None and (resolved := catalogue.match(requested)) is not None:
            return self._base(resolved)
        if tuned is None:
            raise NotFoundError(
                worded(
                    "api.no_model",
                    "The model `{model}` does not exist or you do not have access to it.",
                    model=requested[:200],
                ),
                code="model_not_found",
                param="model",
            )
        if tuned.trained == TrainedWeights.FULL:
            served = self._whole(tuned, catalogue.bases.get(tuned.base))
        else:
            served = self._adapted(tuned, _base_of(catalogue, tuned), Path(trained_on))
        return replace(served, leniency=catalogue.leniency(tuned.base_name))

    def note_use(self, project_id: str, model: AnsweringModel) -> None:
        """Note that a model is asked now; blocks, and raises nothing."""
        names = [model.name]
        # What is asked under an alias of the server is its base too.
        if isinstance(model, ServedModel) and model.weights.adapter is None:
            names.append(model.weights.base)
        self.uses.note(self.database, project_id, names)

    def reads_images(self, project_id: str, requested: str) -> bool:
        """Say whether a model can be shown images; what a remote one reads, its server decides.

        Blocks; raises what `find` raises.
        """
        model = self.find(project_id, requested)
        return isinstance(model, RemoteModel) or reads_images(Path(model.weights.base_directory))

    def refuse_held(self, project_id: str, requested: str) -> None:
        """Raise PermissionDeniedError for a tuned model that is held; blocks."""
        with self.database.read() as session:
            tuned = find_usable_model(session, project_id, requested)
            if tuned is not None:
                self._refuse_held(session, tuned)

    def _refuse_held(self, session: Session, model: TunedModelRow) -> None:
        policy = self.releases(session.get_one(ProjectRow, model.project_id).name)
        reason = why_held(policy, check_state(session, model.project_id, model.name))
        if reason is not None:
            raise PermissionDeniedError(
                worded(
                    "api.model_held",
                    "The model `{model}` is held and answers nobody: {why}. Look at "
                    "GET /v1/x/models/{name}/check; POST /v1/x/models/{name}/release, "
                    "`understudy models release` or its page in the dashboard releases "
                    "it.",
                    model=model.name,
                    why=reason,
                    name=model.name,
                ),
                code="model_held",
                param="model",
            )

    def remote_of(self, project_id: str, requested: str) -> RemoteEndpoint | None:
        """Return the remote model that answers under a name or an alias, or None; blocks."""
        catalogue = self.catalogue()
        if requested in catalogue.remotes:
            return catalogue.remotes[requested]
        if requested in catalogue.embedders or catalogue.resolve(requested) is not None:
            return None
        with self.database.read() as session:
            alias = find_alias(session, project_id, requested)
        return None if alias is None else catalogue.remotes.get(alias.model)

    def _base(self, resolved: ResolvedBase) -> ServedModel:
        base = resolved.base
        return ServedModel(
            name=resolved.name,
            weights=ModelRef(base=base.name, base_directory=str(base.directory)),
            renderer=self.renderers.get(base.directory).dated(base.template_date),
            leniency=resolved.leniency,
        )

    def _whole(self, tuned: TunedModelRow, base: BaseModel | None) -> ServedModel:
        # Its directory holds everything, so that its base may change or go.
        renderer = self.renderers.get(Path(tuned.directory)).dated(_day_of(tuned, base))
        weights = ModelRef(base=tuned.name, base_directory=tuned.directory)
        return ServedModel(
            name=tuned.name,
            weights=weights,
            renderer=renderer,
            system_prompt=tuned.system_prompt,
            labels=_labels_of(tuned),
        )

    def _adapted(self, tuned: TunedModelRow, base: BaseModel, trained_on: Path) -> ServedModel:
        """Serve an adapter on the base as it is now, or as it was when the job was created.

        The base's chat template may have been changed since: that is another directory.
        """
        directory, renderer = base.directory, self.renderers.get(base.directory)
        if renderer.hash != tuned.renderer_hash and trained_on.is_dir():
            directory, renderer = trained_on, self.renderers.get(trained_on)
        if renderer.hash != tuned.renderer_hash:
            raise InvalidRequestError(
                worded(
                    "api.other_tokenizer",
                    "The model `{model}` was trained with another tokenizer or chat "
                    "template than `{base}` has now, so it would misread every "
                    "message; restore the base's files or train again.",
                    model=tuned.name,
                    base=tuned.base,
                ),
                param="model",
            )
        weights = ModelRef(
            base=base.name,
            base_directory=str(directory),
            adapter=tuned.name,
            adapter_directory=tuned.directory,
        )
        dated = renderer.dated(_day_of(tuned, base))
        return ServedModel(
            name=tuned.name,
            weights=weights,
            renderer=dated,
            system_prompt=tuned.system_prompt,
            labels=_labels_of(tuned),
        )


def _labels_of(tuned: TunedModelRow) -> LabelCalibration | None:
    found = tuned.label_calibration
    return None if found is None else LabelCalibration.from_json(found)


def _day_of(tuned: TunedModelRow, base: BaseModel | None) -> date | None:
    """Return the day that a tuned model's template prints: as it was taught, so it is asked."""
    if base is not None and base.template_date is not None:
        return base.template_date
    return date.fromisoformat(tuned.template_date) if tuned.template_date else None


def _base_of(catalogue: Catalogue, tuned: TunedModelRow) -> BaseModel:
    if tuned.base not in catalogue.bases:
        raise NotFoundError(
            worded(
                "api.base_gone",
                "The model `{model}` was tuned from `{base}`, which this server no "
                "longer has; add that base again to use it.",
                model=tuned.name,
                base=tuned.base,
            ),
            code="model_not_found",
            param="model",
        )
    return catalogue.bases[tuned.base]
