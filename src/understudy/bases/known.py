"""The catalogue of known bases: source, licence, size and shape of each, from one data file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from understudy.bases.package_index import IndexFile
from understudy.planning.shape import ModelShape

_DATA = Path(__file__).with_name("known_bases.toml")


@dataclass(frozen=True, kw_only=True)
class KnownBase:
    """A base that people know, and what is worth knowing before it is downloaded."""

    name: str
    """What `understudy models add` takes, and the name that it then has here."""
    hub_id: str
    licence: str
    must_accept: bool
    """Whether the hub gives it only to those who accepted its terms."""
    parameters: int
    context: int
    template: str
    """The chat template that it is published with."""
    tools: str
    """The form in which its template writes tool calls; "none" where it writes none."""
    shape: ModelShape
    index: IndexFile | None = None
    """Where the package index has its weights; None where it has not."""


@cache
def known_bases() -> dict[str, KnownBase]:
    """Return the catalogue by name, in the order of the file."""
    content = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    bases = TypeAdapter(list[KnownBase]).validate_python(content["base"])
    return {base.name: base for base in bases}
