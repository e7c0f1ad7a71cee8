"""What may stand in the table `[safety]` of `understudy.toml` about releases of tuned models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from understudy.registry.releases import Enforcement, ReleasePolicy

_MAX_PROBES = 100
_USUAL = ReleasePolicy()

_KeyName = Annotated[str, Field(min_length=1)]


class ReleaseTable(BaseModel):
    """Whether tuned models are checked before they answer, and what comes of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    release: Enforcement = Field(
        default=_USUAL.enforcement, strict=False, description='must be "none", "warn" or "hold"'
    )
    probes_per_category: int = Field(
        default=_USUAL.probes_each,
        ge=1,
        le=_MAX_PROBES,
        description=f"must be a whole number from 1 to {_MAX_PROBES}, the probes of each category "
        "in each language",
    )
    max_failed_share: float = Field(
        default=_USUAL.max_failed_share,
        ge=0,
        lt=1,
        description="must be a number from 0 to below 1, for example max_failed_share = 0.1",
    )
    check_events: Literal["moderation_checks", "message"] = Field(
        default="moderation_checks", description='must be "moderation_checks" or "message"'
    )
    release_keys: list[_KeyName] = Field(
        default=[],
        description='must be a list of names of keys, such as ["safety officer"]',
    )

    def release_policy(self, *, requires_screening: bool) -> ReleasePolicy:
        """Return the decided policy."""
        return ReleasePolicy(
            enforcement=self.release,
            requires_screening=requires_screening,
            probes_each=self.probes_per_category,
            max_failed_share=self.max_failed_share,
            event_type=self.check_events,
            releasers=tuple(sorted(set(self.release_keys))),
        )
