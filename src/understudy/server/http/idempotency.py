"""How a creating request is recognised when a client sends it again."""

from hashlib import sha256

from fastapi import Request

from understudy.server.http.whole_number import whole_number
from understudy.storage.idempotency import Repeatable

# Longer than clients continue to retry; after that, equal bodies are separate requests.
_RETRIES_WITHIN_SECONDS = 15 * 60


def repeatable(request: Request, content: str) -> Repeatable:
    """Return the mark of `request`, whose body says `content`.

    An `Idempotency-Key` always counts. OpenAI's clients send none, but they number their retries:
    a retry with the body of an earlier request repeats it.
    """
    digest = _digest(f"{request.method} {request.url.path}\n{content}")
    key = request.headers.get("idempotency-key")
    if key:
        return Repeatable(key=f"key-{_digest(key)}", body_sha256=digest, may_be_repetition=True)
    retries = whole_number(request.headers.get("x-stainless-retry-count", "0"), at_most=1)
    return Repeatable(
        key=f"body-{digest}",
        body_sha256=digest,
        may_be_repetition=retries == 1,
        lifetime_seconds=_RETRIES_WITHIN_SECONDS,
    )


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
