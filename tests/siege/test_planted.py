"""Faults that are planted on purpose are found: a campaign that finds nothing must be able to."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.admin.test_foreign_ids import test_a_foreign_id_in_a_path_is_an_unknown_id
from tests.api.harness import running_server
from tests.siege.faults import Findings, besiege
from tests.siege.seams import Fault
from tests.siege.stories import Story, training, upload, zombie
from tests.siege.town import Town
from understudy.jobs import progress
from understudy.modeling import checkpoints
from understudy.storage import blobs
from understudy.storage.files import files
from understudy.storage.tables.projects import FileRow
from understudy.work.lease import Hold

pytestmark = pytest.mark.slow

looks_up_another_projects_id = test_a_foreign_id_in_a_path_is_an_unknown_id
del test_a_foreign_id_in_a_path_is_an_unknown_id


AFTER_ALL = 10_000
"""A step that no story has."""


def nothing(*_: Any) -> None:
    """Sync nothing."""


def lost_after(directory: Path, story: Story) -> Findings:
    """Let the power go right after a story was acknowledged."""
    found = besiege(directory, most=1, first=AFTER_ALL, stories=[story], kinds=[Fault.LOSES])
    assert found.faults.total() == 1
    return found


@pytest.mark.parametrize("story", [upload, training, zombie])
def test_without_a_planted_fault_nothing_is_found(tmp_path: Path, story: Story):
    assert lost_after(tmp_path, story).violations == []


def test_a_blob_that_is_not_synced_is_missed_after_a_loss_of_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blobs, "os", SimpleNamespace(**{**vars(os), "fsync": nothing}))
    found = lost_after(tmp_path, upload)
    assert any("a file has no bytes" in each for each in found.violations)


def test_a_checkpoint_whose_directory_is_not_synced_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpoints, "_sync_directory", nothing)
    found = lost_after(tmp_path, training)
    assert any("a checkpoint is damaged" in each for each in found.violations)


def test_a_write_without_a_fence_is_seen_in_what_it_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def unfenced(session: Session, hold: Hold[Any]) -> Any:
        return session.scalars(select(hold.policy.row).where(hold.policy.row.id == hold.id)).one()

    monkeypatch.setattr(progress, "held", unfenced)
    found = lost_after(tmp_path, zombie)
    assert any("ended by a worker that had lost it" in each for each in found.violations)


def test_a_route_that_forgets_the_project_is_found_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def of_anybody(session: Session, _project_id: str, file_id: str) -> FileRow | None:
        return session.scalar(select(FileRow).where(FileRow.id == file_id))

    with running_server(tmp_path / "home") as server:
        town = Town(server)
        ids = town.build()
        looks_up_another_projects_id(town, ids, "get", "/v1/files/{file_id}")
        monkeypatch.setattr(files, "find_file", of_anybody)
        with pytest.raises(AssertionError):
            looks_up_another_projects_id(town, ids, "get", "/v1/files/{file_id}")
