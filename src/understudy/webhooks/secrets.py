"""Signing secrets of webhooks, and signatures as the Standard Webhooks specification has them.

A secret is derived from the server's pepper and never stored: a copy of the database alone
cannot sign anything.
"""

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

_PREFIX = "whsec_"
_HINT_CHARACTERS = 4


@dataclass(frozen=True, repr=False)
class SigningSecret:
    """The key that one endpoint's webhooks are signed with, for one version of it."""

    key: bytes

    @classmethod
    def derive(cls, pepper: bytes, endpoint_id: str, version: int) -> Self:
        """Return the secret of an endpoint; a rotation raises the version."""
        message = f"webhook:{endpoint_id}:{version}".encode()
        return cls(hmac.new(pepper, message, sha256).digest())

    @property
    def text(self) -> str:
        """The secret as its owner gets it and as `client.webhooks.unwrap` takes it."""
        return _PREFIX + base64.b64encode(self.key).decode()

    @property
    def hint(self) -> str:
        """The secret so that its owner recognises it and nobody can use it."""
        return f"{_PREFIX}***{self.text[-_HINT_CHARACTERS:]}"


def signed_headers(
    secrets: Iterable[SigningSecret], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a signed webhook; each secret gives a signature of its own.

    `message_id` stays the same when a webhook is sent again, the timestamp is of this attempt.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: SigningSecret, signed: bytes) -> str:
    digest = hmac.new(secret.key, signed, sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
