"""From the bearer key of a request to the project it opens."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from understudy.errors import AuthenticationError
from understudy.server.services import ServicesDep, inside_call
from understudy.storage.keys import find_key, masked
from understudy.storage.tables.projects import ApiKeyRow, ProjectRow
from understudy.wording import worded


class Caller(NamedTuple):
    """Who asks: a key, and the project that it opens."""

    key: ApiKeyRow
    project: ProjectRow


def caller(request: Request, services: ServicesDep) -> Caller:
    """Return whose key the request carries; raises AuthenticationError."""
    plaintext = _bearer_key(request.headers.get("authorization", ""))
    with services.database.read() as session:
        key = find_key(session, plaintext, pepper=services.pepper)
        if key is not None:
            request.state.api_key_id = key.id
            return Caller(key, session.get_one(ProjectRow, key.project_id))
    raise AuthenticationError(
        worded(
            "api.wrong_key",
            "Incorrect API key provided: {key}. You can find your API key "
            "where 'understudy serve' printed it at its first start, or make "
            "one with 'understudy keys create'.",
            key=masked(plaintext),
        ),
        code="invalid_api_key",
    )


def current_project(request: Request, services: ServicesDep) -> ProjectRow:
    """Return the project that a request is made for; raises AuthenticationError.

    It is that of its key, or the one for which this process asks itself.
    """
    inside = inside_call(request)
    return caller(request, services).project if inside is None else inside.project


def current_key(caller: Annotated[Caller, Depends(caller)]) -> ApiKeyRow:
    """Return the key that the request carries; raises AuthenticationError."""
    return caller.key


def _bearer_key(header: str) -> str:
    scheme, _, key = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise AuthenticationError(
            worded(
                "api.no_key",
                "You didn't provide an API key. You need to provide your API key "
                "in an Authorization header using Bearer auth (i.e. Authorization: "
                "Bearer YOUR_KEY).",
            )
        )
    return key.strip()


CurrentProject = Annotated[ProjectRow, Depends(current_project)]
CurrentKey = Annotated[ApiKeyRow, Depends(current_key)]
