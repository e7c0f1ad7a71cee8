"""API keys: 256 random bits, shown once, kept only as a digest under the server's pepper."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.ids import new_id, unix_now
from understudy.storage.tables.projects import ApiKeyRow, ProjectRow
from understudy.wording import worded

_KEY_BYTES = 32
# Shorter keys would give too much of themselves away.
_MIN_MASKED_CHARACTERS = 16


def load_pepper(path: Path) -> bytes:
    """Read the server's pepper, making it at the first call, also when several processes do.

    It lives outside the database, so that a copy of the database alone cannot be used to
    guess keys that people chose themselves.
    """
    if not path.exists():
        candidate = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(secrets.token_bytes(_KEY_BYTES))
            f.flush()
            os.fsync(f.fileno())
        try:
            # A link appears complete and never replaces what another process linked first.
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_bytes()


def create_key(session: Session, project_id: str, name: str, *, pepper: bytes) -> str:
    """Make a key for a project and return it in plain text, for the only time."""
    plaintext = "sk-" + secrets.token_urlsafe(_KEY_BYTES)
    register_key(session, project_id, plaintext, name=name, pepper=pepper)
    return plaintext


def register_key(
    session: Session, project_id: str, plaintext: str, *, name: str, pepper: bytes
) -> None:
    """Let a key chosen by the operator open a project; one that is known already stays as it is."""
    if project_of_key(session, plaintext, pepper=pepper) is not None:
        return
    session.add(
        ApiKeyRow(
            id=new_id("key_"),
            project_id=project_id,
            name=name,
            digest=_digest(plaintext, pepper),
            created_at=unix_now(),
            hint=masked(plaintext),
        )
    )
    session.flush()


def masked(key: str) -> str:
    """Return a key so that its owner recognises it and nobody can use it."""
    if len(key) < _MIN_MASKED_CHARACTERS:
        return "***"
    return f"{key[:5]}***{key[-2:]}"


def find_key(session: Session, plaintext: str, *, pepper: bytes) -> ApiKeyRow | None:
    """Return the row of a key, or None for a key that is not known here."""
    digest = _digest(plaintext, pepper)
    key = session.scalar(select(ApiKeyRow).where(ApiKeyRow.digest == digest))
    return key if key is not None and hmac.compare_digest(key.digest, digest) else None


def project_of_key(session: Session, plaintext: str, *, pepper: bytes) -> ProjectRow | None:
    """Return the project a key opens, or None for a key that is not known here."""
    key = find_key(session, plaintext, pepper=pepper)
    return None if key is None else session.get_one(ProjectRow, key.project_id)


def list_keys(session: Session, project_id: str) -> list[ApiKeyRow]:
    """Return a project's keys, oldest first."""
    query = select(ApiKeyRow).where(ApiKeyRow.project_id == project_id)
    return list(session.scalars(query.order_by(ApiKeyRow.created_at, ApiKeyRow.id)))


def delete_key(session: Session, key_id: str, *, project_id: str | None = None) -> None:
    """Make a key open nothing from now on.

    Raises NotFoundError, also for a key of another project than `project_id` unless that is None.
    """
    row = session.get(ApiKeyRow, key_id)
    if row is None or project_id not in (None, row.project_id):
        raise NotFoundError(
            worded(
                "api.no_such_key",
                "No such key: {key_id}",
                key_id=key_id[:100],
            ),
            param="key_id",
        )
    session.delete(row)
    session.flush()


def has_keys(session: Session) -> bool:
    """Say whether any key exists; a new server has none and must show its first one."""
    return session.scalar(select(ApiKeyRow.id).limit(1)) is not None


def _digest(plaintext: str, pepper: bytes) -> str:
    return hmac.new(pepper, plaintext.encode("utf-8", "surrogatepass"), sha256).hexdigest()
