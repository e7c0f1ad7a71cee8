"""Which models are held: every policy with everything that can be known of a check."""

from itertools import product

import pytest

from understudy.registry.releases import Enforcement, ReleasePolicy
from understudy.safety.release import CheckState, CheckStatus, why_held

HOLD = ReleasePolicy(enforcement=Enforcement.HOLD)
STRICT = ReleasePolicy(enforcement=Enforcement.WARN, requires_screening=True)
CLEAN = CheckState(status=CheckStatus.COMPLETED)
STATES = [
    CheckState(status=status, found=found, is_screened=is_screened, error="it broke.")
    for status, found, is_screened in product(CheckStatus, (None, "flagged: hate"), (False, True))
]


@pytest.mark.parametrize("enforcement", [Enforcement.NONE, Enforcement.WARN])
@pytest.mark.parametrize("state", STATES)
def test_a_policy_that_does_not_hold_holds_nothing(enforcement: Enforcement, state: CheckState):
    assert why_held(ReleasePolicy(enforcement=enforcement), state) is None


@pytest.mark.parametrize("policy", [HOLD, STRICT])
@pytest.mark.parametrize(
    "status", [CheckStatus.NOT_CHECKED, CheckStatus.QUEUED, CheckStatus.FAILED]
)
def test_without_a_finished_check_a_model_is_held(policy: ReleasePolicy, status: CheckStatus):
    assert why_held(policy, CheckState(status=status, error="it broke.")) is not None


def test_what_was_found_holds_where_the_policy_says_so():
    found = CheckState(status=CheckStatus.COMPLETED, found="flagged: hate", is_screened=True)
    assert "flagged: hate" in str(why_held(HOLD, found))
    assert why_held(STRICT, found) is None
    assert why_held(HOLD, CLEAN) is None


def test_what_was_not_screened_is_held_where_screening_is_required():
    assert "no moderation model judged" in str(why_held(STRICT, CLEAN))
    screened = CheckState(status=CheckStatus.COMPLETED, is_screened=True)
    assert why_held(STRICT, screened) is None


@pytest.mark.parametrize("status", list(CheckStatus))
def test_a_release_lets_a_model_answer(status: CheckStatus):
    assert why_held(HOLD, CheckState(status=status, found="x", is_released=True)) is None
    screened = CheckState(status=status, found="x", is_screened=True, is_released=True)
    assert why_held(STRICT, screened) is None


@pytest.mark.parametrize("status", list(CheckStatus))
def test_no_release_lets_an_unscreened_model_answer_where_screening_is_required(
    status: CheckStatus,
):
    assert why_held(STRICT, CheckState(status=status, is_released=True)) is not None
