"""A small part of the siege: a fault at every step of an upload and of a key's revocation."""

from pathlib import Path

import pytest

from tests.siege.faults import besiege
from tests.siege.seams import Fault
from tests.siege.stories import revocation, upload


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_fault_at_every_step(tmp_path: Path):
    findings = besiege(tmp_path, most=50, stories=(upload, revocation))
    assert findings.violations == []
    for story in (upload, revocation):
        for fault in Fault:
            assert findings.faults[f"{story.__name__} {fault.value}"] >= 3
