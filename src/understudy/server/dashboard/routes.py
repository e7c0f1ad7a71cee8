"""What stands at `/` and around it: for browsers the dashboard, for programs where the API is."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import understudy
from understudy.errors import NotFoundError
from understudy.server.dashboard.built_files import Dashboard, DashboardFile
from understudy.server.http.errors import other_method
from understudy.wording import worded

# Nothing but our own files: no inline code, no other server, no frame around us. Pictures that
# stand inside a training file are shown; those that it links to are not fetched.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SAFETY = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


_WHERE = {
    "name": "Understudy",
    "version": understudy.__version__,
    "api": "/v1",
    "health": "/readyz",
}
"""What a program finds at `/`."""


class DashboardSite:
    """Answers what no route answers: with the dashboard where it has something, else `unknown`."""

    def __init__(self, dashboard: Dashboard, unknown: ASGIApp) -> None:
        self._dashboard = dashboard
        self._unknown = unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises NotFoundError for a page that was not built."""
        answer = self._find(Request(scope)) if scope["type"] == "http" else None
        await (answer or self._unknown)(scope, receive, send)

    def _find(self, request: Request) -> Response | None:
        path = request.url.path.removeprefix("/")
        is_read = request.method in ("GET", "HEAD")
        if not path and not is_read:
            return other_method(request, ("GET", "HEAD", "OPTIONS"))
        if not is_read or path.partition("/")[0] == "v1":
            return None
        file = self._dashboard.files.get(path)
        wants_page = "text/html" in request.headers.get("accept", "")
        # Whoever only looks whether a server is here finds one, with or without a dashboard.
        if not path and not (wants_page and self._dashboard.page):
            return JSONResponse(_WHERE)
        # Programs that ask for an unknown address get an error, not a page.
        if file is None and wants_page:
            file = self._dashboard.page
            if file is None:
                raise NotFoundError(
                    worded(
                        "api.dashboard_not_part_installation",
                        "The dashboard is not part of this installation; `make "
                        "dashboard` builds it. The API answers below /v1.",
                    ),
                    code="dashboard_not_built",
                )
        return file and _answer(file, request)


def _answer(file: DashboardFile, request: Request) -> Response:
    headers = {
        **_SAFETY,
        "cache-control": file.cache_control,
        "etag": file.etag,
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = file.packed
        headers["content-encoding"] = "gzip"
    return Response(body, media_type=file.media_type, headers=headers)
