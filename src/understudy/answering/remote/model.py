"""Remote models by their names, each with the one connection that this process has to it."""

import threading
from dataclasses import dataclass
from hashlib import sha256

import understudy
from understudy.answering.remote.connection import RemoteConnection
from understudy.registry.remote_models import RemoteEndpoint
from understudy.storage.blobs import BlobStore


@dataclass(frozen=True, kw_only=True)
class RemoteModel:
    """A model that another server answers for."""

    connection: RemoteConnection
    blobs: BlobStore
    """Where the images are that it is shown."""

    @property
    def endpoint(self) -> RemoteEndpoint:
        """Where it is asked."""
        return self.connection.endpoint

    @property
    def name(self) -> str:
        """The name that answers carry."""
        return self.endpoint.name

    @property
    def fingerprint(self) -> str:
        """Changes when another server or model is asked under the same name."""
        parts = (understudy.__version__, self.endpoint.base_url, self.endpoint.model)
        return "fp_" + sha256("\n".join(parts).encode()).hexdigest()[:10]


class RemoteModels:
    """The remote models of this process; a changed entry of the settings opens a new connection."""

    def __init__(self, *, max_wait_seconds: float, blobs: BlobStore) -> None:
        self._max_wait_seconds = max_wait_seconds
        self._blobs = blobs
        self._models: dict[str, RemoteModel] = {}
        self._lock = threading.Lock()

    def get(self, endpoint: RemoteEndpoint) -> RemoteModel:
        """Return the model that is asked there."""
        with self._lock:
            found = self._models.get(endpoint.name)
            if found is None or found.endpoint != endpoint:
                connection = RemoteConnection(
                    endpoint,
                    max_wait_seconds=self._max_wait_seconds,
                    replaces=None if found is None else found.connection,
                )
                found = self._models[endpoint.name] = RemoteModel(
                    connection=connection, blobs=self._blobs
                )
            return found

    async def close(self) -> None:
        """Close the connections that are open."""
        for model in self._models.values():
            await model.connection.close()
