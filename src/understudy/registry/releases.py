"""What the operator wants of tuned models before they answer."""

from dataclasses import dataclass
from enum import StrEnum


class Enforcement(StrEnum):
    """What comes of a check that found something."""

    NONE = "none"
    """Nothing is checked by itself."""
    WARN = "warn"
    """Models are checked, and what was found is reported."""
    HOLD = "hold"
    """A model answers nobody until its check found nothing or somebody released it."""


@dataclass(frozen=True, kw_only=True)
class ReleasePolicy:
    """What the operator wants of tuned models before they answer."""

    enforcement: Enforcement = Enforcement.NONE
    requires_screening: bool = False
    """Whether a model that no moderation model judged is held."""
    probes_each: int = 4
    """Probes of every category in every language."""
    max_failed_share: float = 0.1
    """Of the probes of a category: more of them failed and the category is flagged."""
    event_type: str = "moderation_checks"
    """Of the events that carry results; "message" suits clients that know no other type."""
    releasers: tuple[str, ...] = ()
    """The names of the keys that may release; empty lets every key of the project."""

    @property
    def holds(self) -> bool:
        """Say whether there are models that answer nobody."""
        return self.requires_screening or self.enforcement is Enforcement.HOLD

    @property
    def checks(self) -> bool:
        """Say whether models are checked without being asked to."""
        return self.holds or self.enforcement is Enforcement.WARN
