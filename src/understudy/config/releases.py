"""What may stand in `[safety]`, and in `[projects.NAME.safety]`, about releases of tuned models."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from understudy.registry.releases import Enforcement, ReleasePolicy

_MAX_PROBES = 100

_KeyName = Annotated[str, Field(min_length=1)]


class ReleaseTable(BaseModel):
    """Whether tuned models are checked before they answer; None is as it is everywhere else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    release: Enforcement | None = Field(
        default=None, strict=False, description='must be "none", "warn" or "hold"'
    )
    probes_per_category: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_PROBES,
        description=f"must be a whole number from 1 to {_MAX_PROBES}, the probes of each category "
        "in each language",
    )
    max_failed_share: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="must be a number from 0 to below 1, for example max_failed_share = 0.1",
    )
    check_events: Literal["moderation_checks", "message"] | None = Field(
        default=None, description='must be "moderation_checks" or "message"'
    )
    release_keys: list[_KeyName] | None = Field(
        default=None,
        description='must be a list of names of keys, such as ["safety officer"]',
    )

    def release_policy(self, usual: ReleasePolicy, *, requires_screening: bool) -> ReleasePolicy:
        """Return the decided policy, with what is not said here as it is usually."""
        share, keys = self.max_failed_share, self.release_keys
        return ReleasePolicy(
            enforcement=self.release or usual.enforcement,
            requires_screening=requires_screening,
            probes_each=self.probes_per_category or usual.probes_each,
            max_failed_share=usual.max_failed_share if share is None else share,
            event_type=self.check_events or usual.event_type,
            releasers=usual.releasers if keys is None else tuple(sorted(set(keys))),
        )
