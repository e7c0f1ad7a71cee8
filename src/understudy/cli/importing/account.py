"""The account that records are taken from: asked patiently, its refusals in plain words."""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from openai import APIConnectionError, APIStatusError, OpenAI

from understudy.errors import UnderstudyError

OPENAI = "https://api.openai.com/v1"
KEY_VARIABLE = "OPENAI_ACCOUNT_KEY"
"""Not OPENAI_API_KEY, which is the key of this server wherever its commands run."""

# The client waits as long as a 429 asks it to, and doubles its pauses otherwise.
_MAX_RETRIES = 8
_PAGE = 100
_PIECE_BYTES = 256 * 1024


class AccountError(UnderstudyError):
    """The account did not give something."""


class GoneError(AccountError):
    """The account gives this to nobody any more."""


class Account:
    """One account of an API in OpenAI's shape."""

    def __init__(self, client: OpenAI, base_url: str) -> None:
        self._client = client
        self.base_url = base_url

    @property
    def client(self) -> OpenAI:
        """The official client, for what is more than reading."""
        return self._client

    def get(self, path: str, **query: Any) -> Mapping[str, Any]:
        """Return the object at a path; raises AccountError, and GoneError for what is closed."""
        with plain_errors(path):
            params = {name: value for name, value in query.items() if value is not None}
            found = self._client.get(path, cast_to=object, options={"params": params})
            return cast("Mapping[str, Any]", found)

    def pages(self, path: str, **query: Any) -> Iterator[Mapping[str, Any]]:
        """Yield all objects of a list."""
        after: str | None = None
        while True:
            page = self.get(path, after=after, limit=_PAGE, **query)
            data: list[Mapping[str, Any]] = page.get("data") or []
            yield from data
            if not page.get("has_more") or not data:
                return
            after = data[-1]["id"]

    def download(self, file_id: str, path: Path) -> None:
        """Write the content of a file to `path`, a piece at a time."""
        with (
            plain_errors(f"/files/{file_id}/content"),
            self._client.files.with_streaming_response.content(file_id) as content,
            path.open("wb") as file,
        ):
            for piece in content.iter_bytes(_PIECE_BYTES):
                file.write(piece)


@contextmanager
def open_account(base_url: str) -> Generator[Account]:
    """Yield the account whose key the environment holds; the key is kept nowhere."""
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise AccountError(
            f"{KEY_VARIABLE} is not set. Set it to a key of the account that you leave, one that "
            "may read; it is sent to nobody else and not kept."
        )
    with OpenAI(base_url=base_url, api_key=key, max_retries=_MAX_RETRIES) as client:
        yield Account(client, base_url)


@contextmanager
def plain_errors(path: str) -> Generator[None]:
    """Turn errors of the official client about a path of the account into AccountError."""
    try:
        yield
    except APIStatusError as error:
        raise _in_words(error, path) from None
    except APIConnectionError as error:
        raise AccountError(
            f"The account cannot be reached ({error.__cause__ or error}). Run the command again: "
            "what was imported is not imported again."
        ) from None


def _in_words(error: APIStatusError, path: str) -> AccountError:
    body = cast("Mapping[str, Any]", error.body if isinstance(error.body, Mapping) else {})
    code, said = body.get("code"), body.get("message") or f"status {error.status_code}"
    if error.status_code == 401:
        return AccountError(f"The account does not accept the key in {KEY_VARIABLE}: {said}")
    if code == "training_not_available":
        return GoneError(
            "OpenAI no longer opens fine-tuning to this account (training_not_available); files "
            "and completions can still be taken along."
        )
    if error.status_code in (403, 404, 410):
        return GoneError(f"The account does not give {path}: {said}")
    return AccountError(
        f"The account answered {path} with an error: {said} Run the command again: what was "
        "imported is not imported again."
    )
