"""From the bearer key of a request to the project it opens."""

from typing import Annotated

from fastapi import Depends, Request

from understudy.errors import AuthenticationError
from understudy.server.deps import ServicesDep
from understudy.storage.keys import project_of_key
from understudy.storage.rows import ProjectRow

# Shorter keys would give too much of themselves away.
_SHORTEST_MASKED_KEY = 16


def current_project(request: Request, services: ServicesDep) -> ProjectRow:
    """Return the project whose key the request carries; raises AuthenticationError."""
    key = _bearer_key(request.headers.get("authorization", ""))
    with services.database.read() as session:
        project = project_of_key(session, key, pepper=services.pepper)
    if project is None:
        raise AuthenticationError(
            f"Incorrect API key provided: {masked(key)}. You can find your API key where "
            "'understudy serve' printed it at its first start, or make one with "
            "'understudy keys create'.",
            code="invalid_api_key",
        )
    return project


def masked(key: str) -> str:
    """Return a key so that its owner recognises it and nobody can use it."""
    if len(key) < _SHORTEST_MASKED_KEY:
        return "***"
    return f"{key[:5]}***{key[-2:]}"


def _bearer_key(header: str) -> str:
    scheme, _, key = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise AuthenticationError(
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
    return key.strip()


CurrentProject = Annotated[ProjectRow, Depends(current_project)]
