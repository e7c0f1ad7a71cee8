"""From the family of a guard model to how it is asked."""

from understudy.registry.moderation import GuardFamily
from understudy.safety.guards.granite_guardian import GRANITE_GUARDIAN
from understudy.safety.guards.guard import Guard
from understudy.safety.guards.llama_guard import LLAMA_GUARD
from understudy.safety.guards.qwen_guard import QWEN_GUARD
from understudy.safety.guards.safeguard import safeguard
from understudy.safety.guards.shield_gemma import SHIELD_GEMMA


def guard_of(family: GuardFamily, policy: str | None) -> Guard:
    """Return how a guard of a family is asked; `policy` is the operator's own, if any."""
    match family:
        case GuardFamily.LLAMA_GUARD:
            return LLAMA_GUARD
        case GuardFamily.QWEN_GUARD:
            return QWEN_GUARD
        case GuardFamily.SHIELD_GEMMA:
            return SHIELD_GEMMA
        case GuardFamily.GRANITE_GUARDIAN:
            return GRANITE_GUARDIAN
        case GuardFamily.SAFEGUARD:
            return safeguard(policy)
