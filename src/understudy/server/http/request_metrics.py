"""How many requests each route has answered, how, and in what time, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import Scope

_SECONDS = (0.005, 0.02, 0.05, 0.15, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_PREFIX = "/v1"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class RequestMetrics:
    """Counts the requests of one application.

    Routes are named by their templates, never by their paths, so that neither ids nor unknown
    URLs can make more and more series.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answered = Counter(
            "understudy_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "understudy_http_request_seconds",
            "From the first byte of a request to the last byte of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def record(self, scope: Scope, *, status: int | None, seconds: float) -> None:
        """Count a request that is over; `status` is None where the client left before an answer."""
        route = _template(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._answered.labels(method, route, "none" if status is None else str(status)).inc()
        self._seconds.labels(route).observe(seconds)


def _template(scope: Scope) -> str:
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is None:
        return "none"
    # A route knows its own path alone, and not the prefix of the router that includes it.
    is_prefixed = scope["path"].startswith(_PREFIX) and not template.startswith(_PREFIX)
    return _PREFIX + template if is_prefixed else template
