"""What a project can do with shadows: begin, look at, cut over, end them, and read comparisons."""

from statistics import median
from typing import NamedTuple

from sqlalchemy.orm import Session

from understudy.distilling.agreement import Rate, rates
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.registry.catalogue import Catalogue
from understudy.schemas.lists import Cursor
from understudy.schemas.shadows import PutShadow, Side
from understudy.server.models.service import claim_name, find_target
from understudy.storage.database import Database
from understudy.storage.paging import Page
from understudy.storage.shadows import (
    Shadowed,
    find_called,
    list_called,
    list_comparisons,
    newest_comparisons,
    shadow_of,
)
from understudy.storage.tables.model_aliases import ComparisonRow, ShadowRow
from understudy.wording import worded


class ShadowFacts(NamedTuple):
    """A shadow, and what its comparisons found so far."""

    shadowed: Shadowed
    agreement: list[Rate]
    old_seconds: float | None
    new_seconds: float | None


def put(
    db: Database, catalogue: Catalogue, project_id: str, name: str, body: PutShadow, *, days: int
) -> ShadowFacts:
    """Begin a shadow, or change one; other models than before begin it anew.

    Raises InvalidRequestError for a name that is taken and for models that cannot be compared.
    """
    with db.write() as session:
        old = find_target(session, catalogue, project_id, body.old, param="old").name
        new = find_target(session, catalogue, project_id, body.new, param="new").name
        if old == new:
            raise InvalidRequestError(
                worded(
                    "models.old_new_both_shadow",
                    "'old' and 'new' are both '{old}'; a shadow compares two models.",
                    old=old,
                ),
                code="invalid_value",
                param="new",
            )
        now = int(db.now(session))
        alias = claim_name(session, catalogue, project_id, name, now=now)
        shadow = shadow_of(session, alias.seq)
        if shadow is None or (shadow.old, shadow.new) != (old, new):
            if shadow is not None:
                # What was found about other models says nothing about these.
                session.delete(shadow)
                session.flush()
            shadow = _new_shadow(alias.seq, old, new, now)
            session.add(shadow)
        before = alias.model
        is_new = body.answers == "new" or (body.answers is None and before == new)
        alias.model = new if is_new else old
        if alias.model != before:
            shadow.answers_since = now
        shadow.share, shadow.per_minute = body.share, body.per_minute
        shadow.keeps_answers, shadow.days = body.keep_answers, days
        session.flush()
        return _facts(session, Shadowed(alias, shadow))


def cut_over(db: Database, project_id: str, name: str, answers: Side) -> ShadowFacts:
    """Let one of the two models answer from now on; the other one is asked in the background."""
    with db.write() as session:
        found = _shadowed(session, project_id, name)
        alias, shadow = found
        chosen = shadow.new if answers == "new" else shadow.old
        if alias.model != chosen:
            alias.model = chosen
            shadow.answers_since = int(db.now(session))
        return _facts(session, found)


def get(db: Database, project_id: str, name: str) -> ShadowFacts:
    """Return the shadow of a name; raises NotFoundError."""
    with db.read() as session:
        return _facts(session, _shadowed(session, project_id, name))


def list_(db: Database, project_id: str) -> list[ShadowFacts]:
    """Return a project's shadows, oldest first."""
    with db.read() as session:
        return [
            _facts(session, Shadowed(alias, shadow))
            for alias, shadow in list_called(session, project_id)
            if shadow is not None
        ]


def end(db: Database, project_id: str, name: str) -> None:
    """End a shadow with its comparisons; the name stays with the model that answers."""
    with db.write() as session:
        session.delete(_shadowed(session, project_id, name).shadow)


def comparisons(
    db: Database, project_id: str, name: str, cursor: Cursor, *, is_same: bool | None
) -> Page[ComparisonRow]:
    """Return one page of what was compared under a name; raises NotFoundError."""
    with db.read() as session:
        alias = _shadowed(session, project_id, name).alias
        return list_comparisons(session, alias.seq, cursor, is_same=is_same)


def _new_shadow(alias_seq: int, old: str, new: str, now: int) -> ShadowRow:
    return ShadowRow(
        alias_seq=alias_seq,
        old=old,
        new=new,
        created_at=now,
        answers_since=now,
        compared=0,
        failed=0,
        skipped=0,
    )


def _shadowed(session: Session, project_id: str, name: str) -> Shadowed:
    called = find_called(session, project_id, name)
    if called is None or called.shadow is None:
        raise NotFoundError(
            worded(
                "models.no_shadow_put_v1",
                "'{name}' has no shadow; PUT /v1/x/shadows/{name} begins one.",
                name=name[:200],
            ),
            code="shadow_not_found",
            param="name",
        )
    return Shadowed(called.alias, called.shadow)


def _facts(session: Session, found: Shadowed) -> ShadowFacts:
    compared = newest_comparisons(session, found.alias.seq)
    if not compared:
        return ShadowFacts(found, [], None, None)
    return ShadowFacts(
        found,
        rates([each.respects for each in compared]),
        median(each.old_seconds for each in compared),
        median(each.new_seconds for each in compared),
    )
