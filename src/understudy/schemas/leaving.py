"""How far a project is on its way out of OpenAI, as our own route below /v1/x/ shows it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class CloneState(WireObject):
    """The newest clone of an old model."""

    distillation_id: str
    status: str
    model: str | None
    """The new model, once there is one."""
    verdict: str | None
    """Whether it is better than its base, once that is known."""


class OldNameState(WireObject):
    """Who answers under the old name here."""

    model: str
    is_shadowed: bool
    calls: int
    last_called_at: int | None


class OldModel(WireObject):
    """A tuned model at OpenAI, and what was done about it here."""

    id: str
    shutdown_date: str | None
    """As its account said; None where it did not, or nothing was imported."""
    remote: str | None
    """The remote model here that asks for it."""
    clone: CloneState | None
    alias: OldNameState | None


class Leaving(WireObject):
    """What OpenAI ends when, and what this project has done about it."""

    object: Literal["x.leaving"] = "x.leaving"
    last_job: str
    """The last day on which a job can be made there."""
    models_stop: str
    """The day on which tuned models stop."""
    imported: Mapping[str, int]
    """Records by kind."""
    last_imported_at: int | None
    models: Sequence[OldModel]
