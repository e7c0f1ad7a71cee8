"""Which moderation model a home has, and what is screened with it: values of the settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class ModeratorKind(StrEnum):
    """Where a moderation model is asked, and how."""

    LOCAL = "local"
    """A guard model that is a base of this server."""
    JUDGE = "judge"
    """Any chat model, given a written policy."""
    REMOTE = "remote"
    """A remote model that answers `/moderations`."""


class GuardFamily(StrEnum):
    """The guard models that can be asked as they were taught to be."""

    LLAMA_GUARD = "llama-guard-3"
    QWEN_GUARD = "qwen3guard"
    SHIELD_GEMMA = "shieldgemma"
    GRANITE_GUARDIAN = "granite-guardian"
    SAFEGUARD = "gpt-oss-safeguard"

    @property
    def takes_policy(self) -> bool:
        """Whether it judges by a policy that is written for it."""
        return self is GuardFamily.SAFEGUARD


def guard_family_of(name: str) -> GuardFamily | None:
    """Return the family that a model's name tells, or None."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower())
    return next((family for family in GuardFamily if family.value in plain), None)


@dataclass(frozen=True, kw_only=True)
class ModeratorChoice:
    """The moderation model that the operator configured."""

    kind: ModeratorKind
    model: str
    """The name of the base, of the judge or of the remote model."""
    guard: GuardFamily | None
    """Of a local guard, how it is asked; None for the others."""
    policy: str | None
    """The operator's own policy, for those that judge by a written one; None takes ours."""
    timeout_seconds: float
    """How long one judgement may take."""
    at_once: int
    """Judgements that one process asks for at a time."""

    @property
    def name(self) -> str:
        """The moderation model as it is shown, such as `local:qwen3guard-gen-0.6b`.

        With a policy of the operator's, its digest follows: another policy judges otherwise.
        """
        shown = f"{self.kind}:{self.model}"
        if self.policy is None:
            return shown
        return f"{shown} (policy {sha256(self.policy.encode()).hexdigest()[:8]})"


class ScreeningMode(StrEnum):
    """How much of a training file is screened when its job starts."""

    OFF = "off"
    SAMPLE = "sample"
    ALL = "all"


class ScreeningAction(StrEnum):
    """What flagged lines do to a job."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, kw_only=True)
class ScreeningPolicy:
    """What is screened of a project's training files, and what follows."""

    mode: ScreeningMode
    sample: int
    """Lines of a sample; a file with no more is screened whole."""
    action: ScreeningAction
    blocked_share: float
    """Of the screened lines; a category that is flagged in more of them blocks the job."""
    zero_tolerance: tuple[str, ...]
    """Categories of which one flagged line blocks the job."""
    thresholds: Mapping[str, float]
    """Category → the score from which it is flagged; others by the moderation model's verdict."""
    is_required: bool
    """Whether what was not screened may not be used: `require_screening`."""
