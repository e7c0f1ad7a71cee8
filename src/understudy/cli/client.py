"""The `openai` client of the commands, with its errors as ApiError."""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager

from openai import APIConnectionError, APIStatusError, OpenAI

from understudy.errors import UnderstudyError
from understudy.wording import Sentence, stored_sentence, worded

_WORDING = "x-understudy-wording"


class ApiError(UnderstudyError):
    """The server refused, or could not be reached."""


@contextmanager
def api_client() -> Generator[OpenAI]:
    """Yield a client of the server that OPENAI_BASE_URL names; its errors become ApiError."""
    base_url = os.environ.get("OPENAI_BASE_URL")
    api_key = os.environ.get("OPENAI_API_KEY")
    # Without this check the client would send the user's files to OpenAI.
    if not base_url:
        raise ApiError(
            worded(
                "cli.client.openai_base_url_not",
                "OPENAI_BASE_URL is not set. Start a server with 'understudy serve' "
                "and paste the export lines that it prints.",
            )
        )
    if not api_key:
        raise ApiError(
            worded(
                "cli.client.openai_api_key_not",
                "OPENAI_API_KEY is not set. Paste the export line of the server's "
                "first start, or create a key with 'understudy keys create'.",
            )
        )
    with OpenAI(base_url=base_url, api_key=api_key) as client:
        try:
            yield client
        except APIStatusError as error:
            raise ApiError(message_of(error)) from error
        except APIConnectionError as error:
            raise ApiError(
                worded(
                    "cli.client.cannot_reach_server_start",
                    "Cannot reach a server at {base_url}. Start one with 'understudy serve'.",
                    base_url=base_url,
                )
            ) from error


def message_of(error: APIStatusError) -> Sentence:
    """Return what the server said was wrong, with its code where it sent one."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        wording = error.response.headers.get(_WORDING)
        return stored_sentence(body["message"], None if wording is None else json.loads(wording))
    return worded(
        "cli.client.status", "The server returned status {status}.", status=error.status_code
    )
