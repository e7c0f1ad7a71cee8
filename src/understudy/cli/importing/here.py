"""This server as the place where records go: what it has already is not asked for again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from openai import NotFoundError, OpenAI

from understudy.cli.evals.api import get, post

Purpose = Literal["fine-tune", "user_data", "batch", "evals", "vision", "assistants"]


class Here:
    """The records of one project of this server."""

    def __init__(self, client: OpenAI, source: str) -> None:
        self._client = client
        self._source = source
        self._copies: dict[str, str] = {}

    def has(self, kind: str, id: str) -> bool:
        """Say whether a record is here."""
        return self.find(kind, id) is not None

    def find(self, kind: str, id: str) -> Mapping[str, Any] | None:
        """Return a record, or None."""
        try:
            return get(self._client, _path(kind, id))
        except NotFoundError:
            return None

    def put(
        self,
        kind: str,
        found: Mapping[str, Any],
        *,
        parts: Mapping[str, Any] | None = None,
        file_ids: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a record, in the place of an older one."""
        body = {
            "source": self._source,
            "object": dict(found),
            "parts": dict(parts or {}),
            "file_ids": dict(file_ids or {}),
        }
        self._client.put(_path(kind, found["id"]), cast_to=object, body=body)

    def copy_of(self, file_id: str) -> str | None:
        """Return the file here that is the copy of one there, or None."""
        if file_id not in self._copies:
            record = self.find("files", file_id)
            if record is None or file_id not in record["file_ids"]:
                return None
            self._copies[file_id] = record["file_ids"][file_id]
        return self._copies[file_id]

    def upload(self, path: Path, name: str, purpose: Purpose, *, once: str | None = None) -> str:
        """Store a local file and return its id; `once` names what is one file however often."""
        headers = {} if once is None else {"Idempotency-Key": once}
        with path.open("rb") as content:
            made = self._client.files.create(
                file=(name, content), purpose=purpose, extra_headers=headers
            )
        return made.id

    def import_log(self, path: Path, metadata: Mapping[str, str]) -> Mapping[str, Any]:
        """Store the calls of a local log as completions."""
        uploaded = self.upload(path, "completions.jsonl", "user_data")
        try:
            body = {"file_id": uploaded, "metadata": dict(metadata), "partial": True}
            return post(self._client, "/x/chat/completions/import", body)
        finally:
            self._client.files.delete(uploaded)


def _path(kind: str, id: str) -> str:
    return f"/x/history/{kind}/{quote(id, safe=':')}"
