"""Asks the other model of a shadow what a user asked, and records how the two answers compare."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from understudy.answering.asking import Asker
from understudy.answering.plan import AnswerPlan
from understudy.distilling.agreement import WHOLE, Answer, respects
from understudy.distilling.shadow.pair import Answered, said
from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.ids import new_id
from understudy.logs import place_of
from understudy.storage.database import Database
from understudy.storage.shadows import delete_surplus, shadow_of
from understudy.storage.tables.model_aliases import ComparisonRow, ModelAliasRow, ShadowRow
from understudy.wording import worded

logger = logging.getLogger(__name__)

_MAX_SECONDS = 300.0
_MIN_ROOM = 1024
_ROOM = 4
"""The other model may write so many times as many tokens as the answer took."""
_MAX_ERROR = 1000
_SWEPT_EVERY = 100
_SECONDS_A_DAY = 24 * 3600


async def ask_other(asker: Asker, answered: Answered) -> None:
    """Ask the model that did not answer, and record the comparison or why there is none."""
    database = asker.served.database
    try:
        try:
            other, seconds = await _ask(asker, answered)
        except UnderstudyError as error:
            await asyncio.to_thread(_record_failure, database, answered, error.message)
        except TimeoutError:
            words = f"{answered.pair.asked} had not answered after {_MAX_SECONDS:g} seconds."
            await asyncio.to_thread(_record_failure, database, answered, words)
        else:
            await asyncio.to_thread(_record, database, answered, other, seconds)
    except (SQLAlchemyError, UnderstudyError) as error:
        logger.warning("Recording a comparison failed with %s.", type(error).__qualname__)
    except Exception as error:  # noqa: BLE001 nobody waits for this task: say it and continue
        logger.error("Asking in a shadow failed with %s", place_of(error))


async def _ask(asker: Asker, answered: Answered) -> tuple[Answer, float]:
    plan = _plan(answered)
    async with asyncio.timeout(_MAX_SECONDS):
        model = await asker.find(answered.use.project_id, plan.model)
        since = time.monotonic()
        answer = await asker.ask(model, plan)
    return said(answer.choices[0]), time.monotonic() - since


def _plan(answered: Answered) -> AnswerPlan:
    """Return the user's request for the other model: one answer, whole, of a bounded length."""
    plan = answered.plan
    if plan.logit_bias:
        raise InvalidRequestError(
            worded(
                "distill.request_logit_bias_which",
                "The request has 'logit_bias', which names tokens of one model and "
                "says nothing to another, so it is not compared.",
            )
        )
    room = max(_MIN_ROOM, _ROOM * answered.tokens) if answered.tokens is not None else None
    limits = [each for each in (plan.max_tokens, room) if each is not None]
    return replace(
        plan,
        model=answered.pair.asked,
        choices=1,
        max_tokens=min(limits, default=None),
        top_logprobs=None,
        is_streamed=False,
        is_usage_streamed=False,
        is_obfuscated=False,
    )


def _record(database: Database, answered: Answered, other: Answer, seconds: float) -> None:
    pair = answered.pair
    is_new_asked = pair.asked == pair.new
    old, new = (answered.answer, other) if is_new_asked else (other, answered.answer)
    times = (answered.seconds, seconds) if is_new_asked else (seconds, answered.seconds)
    found = respects(old, new)
    with database.write() as session:
        shadow = _current(shadow_of(session, answered.use.alias_seq), answered)
        alias = session.get(ModelAliasRow, answered.use.alias_seq)
        if shadow is None or alias is None:
            return
        now = int(database.now(session))
        texts = _texts(answered, old, new) if shadow.keeps_answers else None
        session.add(
            ComparisonRow(
                id=new_id("comparison-"),
                alias_seq=alias.seq,
                created_at=now,
                expires_at=now + shadow.days * _SECONDS_A_DAY,
                answered_by=pair.answers,
                is_same=found[WHOLE],
                respects=found,
                old_seconds=times[0],
                new_seconds=times[1],
                texts=texts,
            )
        )
        shadow.compared += 1
        if shadow.compared % _SWEPT_EVERY == 0:
            session.flush()
            delete_surplus(session, alias.seq)


def _record_failure(database: Database, answered: Answered, message: str) -> None:
    with database.write() as session:
        shadow = _current(shadow_of(session, answered.use.alias_seq), answered)
        if shadow is not None:
            shadow.failed += 1
            shadow.last_error = message[:_MAX_ERROR]
            shadow.last_error_at = int(database.now(session))


def _current(shadow: ShadowRow | None, answered: Answered) -> ShadowRow | None:
    """Return the shadow unless it was ended, or begun with other models, meanwhile."""
    if shadow is None or (shadow.old, shadow.new) != (answered.pair.old, answered.pair.new):
        return None
    return shadow


def _texts(answered: Answered, old: Answer, new: Answer) -> dict[str, Any]:
    asked = next((m for m in reversed(answered.plan.messages) if m.role != "assistant"), None)
    return {
        "question": (asked.content if asked is not None else None) or "",
        "old": {"text": old.text, "calls": [list(call) for call in old.calls]},
        "new": {"text": new.text, "calls": [list(call) for call in new.calls]},
    }
