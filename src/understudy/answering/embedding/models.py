"""The models that make vectors, by their names, and the one that graders compare with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from understudy.answering.embedding.local import EngineEmbedder
from understudy.answering.embedding.vectors import EmbeddingInputs, Vectors
from understudy.answering.models import ServedModels
from understudy.answering.remote.embedding import embed_remotely
from understudy.answering.remote.model import RemoteModel
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.inference.client import EngineClient
from understudy.registry.catalogue import Catalogue
from understudy.registry.remote_models import RemoteTask
from understudy.wording import worded


class EmbeddingModel(Protocol):
    """A model that makes vectors."""

    @property
    def name(self) -> str:
        """The name that answers carry."""
        ...

    async def embed(self, inputs: EmbeddingInputs) -> Vectors:
        """Return a vector for each input; raises an UnderstudyError when there can be none."""
        ...


@dataclass(frozen=True, kw_only=True)
class RemoteEmbedder:
    """A model of another server that makes vectors."""

    model: RemoteModel

    @property
    def name(self) -> str:
        """The name that answers carry."""
        return self.model.name

    async def embed(self, inputs: EmbeddingInputs) -> Vectors:
        """Return a vector for each input. Raises an UnderstudyError of `remote.faults`."""
        return await embed_remotely(self.model, inputs)


@dataclass(frozen=True, kw_only=True)
class EmbeddingModels:
    """Every model here that makes vectors."""

    served: ServedModels
    engine: EngineClient
    preferred: Callable[[], str | None]
    """The one that graders use, by the settings as they are now."""

    def find(self, requested: str) -> EmbeddingModel:
        """Return the model of that name; raises NotFoundError, or InvalidRequestError."""
        catalogue = self.served.catalogue()
        endpoint = catalogue.remotes.get(requested)
        if endpoint is not None and endpoint.task is RemoteTask.EMBEDDING:
            return RemoteEmbedder(model=self.served.remotes.get(endpoint))
        if requested in catalogue.embedders:
            return EngineEmbedder(embedder=catalogue.embedders[requested], engine=self.engine)
        if endpoint is not None or catalogue.resolve(requested) is not None:
            raise InvalidRequestError(
                worded(
                    "chat.model_answers_conversations_makes",
                    "The model `{requested}` answers conversations and makes no "
                    "embeddings; {catalogue}.",
                    requested=requested,
                    catalogue=_choice(catalogue),
                ),
                code="unsupported_model",
                param="model",
            )
        raise NotFoundError(
            worded(
                "chat.model_does_not_exist",
                "The model `{requested}` does not exist or makes no embeddings; {catalogue}.",
                requested=requested[:200],
                catalogue=_choice(catalogue),
            ),
            code="model_not_found",
            param="model",
        )

    def find_for_graders(self) -> EmbeddingModel:
        """Return the model that `cosine` compares with; raises InvalidRequestError."""
        preferred, names = self.preferred(), embedding_names(self.served.catalogue())
        if preferred is not None:
            return self.find(preferred)
        if len(names) == 1:
            return self.find(names[0])
        if names:
            raise InvalidRequestError(
                worded(
                    "chat.server_several_embedding_models",
                    "This server has several embedding models ({names}); whoever "
                    "runs it chooses one with a line such as cosine_model = "
                    '"{names2}" at the head of understudy.toml.',
                    names=", ".join(names),
                    names2=names[0],
                )
            )
        raise InvalidRequestError(f"{_choice(self.served.catalogue()).capitalize()}.")


def embedding_names(catalogue: Catalogue) -> list[str]:
    """Return the names of the models that make vectors."""
    remotes = catalogue.remotes.items()
    return [
        *catalogue.embedders,
        *(name for name, endpoint in remotes if endpoint.task is RemoteTask.EMBEDDING),
    ]


def _choice(catalogue: Catalogue) -> str:
    names = embedding_names(catalogue)
    if names:
        return f"those that do are: {', '.join(names)}"
    return (
        "this server has no embedding model yet: add one with `understudy models add-embedder "
        'all-minilm-l6-v2`, or one of another server as [remote_models."NAME"] with task = '
        '"embedding" in understudy.toml'
    )
