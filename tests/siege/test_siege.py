"""A small part of the siege: faults at steps and at sockets, and a crowd of clients."""

from pathlib import Path

import pytest

from tests.acceptance import acceptance
from tests.api.harness import running_server
from tests.siege import crowd, sockets
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


@acceptance
@pytest.mark.slow
def test_a_crowd_and_a_connection_that_is_cut_leave_a_server_that_answers(tmp_path: Path):
    with running_server(tmp_path / "home") as server:
        asked = crowd.besiege(server, cases=240, seed=1)
        cut = sockets.besiege(server, most=60, every=20)
    assert asked.faults == []
    assert asked.statuses[200] > 0
    assert cut.violations == []
    assert len(cut.faults) == len(sockets.STORIES) * len(sockets.Cut)
