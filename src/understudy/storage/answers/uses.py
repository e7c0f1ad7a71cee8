"""When each model was last asked, noted at most once a minute by each process."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.ids import unix_now
from understudy.storage.database import Database
from understudy.storage.tables.model_uses import ModelUseRow

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 60.0


class ModelUses:
    """Notes that models are asked; what cannot be noted delays and fails no answer for long."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def note(self, db: Database, project_id: str, names: Iterable[str]) -> None:
        """Note that models are asked now, unless that stands there since a minute; blocks."""
        due = self._due(project_id, names)
        if not due:
            return
        try:
            with db.write() as session:
                note_uses(session, project_id, due, now=unix_now())
        except (SQLAlchemyError, UnderstudyError) as error:
            logger.warning("Noting the use of a model failed with %s.", type(error).__qualname__)

    def _due(self, project_id: str, names: Iterable[str]) -> list[str]:
        now = time.monotonic()
        with self._lock:
            due = [
                name
                for name in dict.fromkeys(names)
                if now - self._noted.get((project_id, name), float("-inf")) >= _EVERY_SECONDS
            ]
            self._noted |= {(project_id, name): now for name in due}
        return due


def note_uses(session: Session, project_id: str, names: Iterable[str], *, now: int) -> None:
    """Note that models of these names were asked at a time."""
    for name in names:
        session.merge(ModelUseRow(project_id=project_id, model=name, last_used_at=now))


def last_uses(session: Session, project_id: str) -> Mapping[str, int]:
    """Return when each model was last asked in a project, by name; one that never was has none."""
    query = select(ModelUseRow).where(ModelUseRow.project_id == project_id)
    return {row.model: row.last_used_at for row in session.scalars(query)}


def forget_uses(session: Session, name: str) -> None:
    """Forget when a model was asked, in every project."""
    session.execute(delete(ModelUseRow).where(ModelUseRow.model == name))
