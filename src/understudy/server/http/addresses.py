"""Which methods an address takes, and which address somebody meant who left something out."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.routing import Match

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_API = "/v1"


def allowed_methods(request: Request, path: str) -> list[str]:
    """Return the methods that the application's routes take at a path; none for an unknown one.

    The router itself names only those of the first route that fits.
    """
    allowed = [method for method in _METHODS if _is_taken(request, path, method)]
    # The edge answers HEAD wherever GET is taken.
    if "GET" in allowed and "HEAD" not in allowed:
        allowed.insert(1, "HEAD")
    return [*allowed, "OPTIONS"] if allowed else []


def meant_path(request: Request) -> str | None:
    """Return an address of the API that differs by its prefix or a last slash, or None."""
    for path in _near(request.url.path):
        if allowed_methods(request, path):
            return path
    return None


def _near(path: str) -> Iterator[str]:
    bare = "/" + path.strip("/")
    while bare.startswith(f"{_API}/"):
        bare = bare.removeprefix(_API)
    if bare not in ("/", _API):
        yield f"{_API}{bare}"


def _is_taken(request: Request, path: str, method: str) -> bool:
    scope = {**request.scope, "path": path, "raw_path": path.encode(), "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
