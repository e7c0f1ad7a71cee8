"""The real base of the demo: fetched once into a cache, or the reason why it cannot be had."""

from dataclasses import dataclass
from pathlib import Path

from understudy.bases.adding import BasesHome, NewBase
from understudy.cli.models.adding import prepare_showing
from understudy.errors import UnderstudyError
from understudy.registry.catalogue import Catalogue

REAL_BASE = "smollm2-135m"


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """The real base cannot be had on this machine."""

    reason: str
    """A sentence for the user."""


def fetch_real_base(cache: Path) -> Path | Unavailable:
    """Return the directory of the real base, which lies below `cache` from the first time on.

    A bar shows the download and the conversion; the second call takes seconds, for the check.
    """
    home = BasesHome(directory=cache, catalogue=Catalogue(bases={}, aliases={}))
    try:
        return prepare_showing(NewBase(name=REAL_BASE), home).directory
    except UnderstudyError as error:
        return Unavailable(reason=error.message)
