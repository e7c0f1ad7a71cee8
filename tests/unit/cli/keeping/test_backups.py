"""Homes that are copied while they are in use, and brought back elsewhere."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.unit.cli.support import run, words
from tests.unit.worker.support import Home
from understudy.modeling.checkpoints import verify_directory
from understudy.storage.backups import making
from understudy.storage.database import Database
from understudy.storage.keys import load_pepper
from understudy.storage.migrations.run import upgrade
from understudy.storage.tables.jobs import CheckpointRow, JobRow, TunedModelRow
from understudy.storage.tables.projects import FileRow
from understudy.worker.supervisor.home_lock import lock_home


@pytest.fixture(scope="module")
def kept(home: Home) -> Path:
    """A backup of that home."""
    destination = home.path.with_name("kept")
    made = run("backup", str(destination), "--home", str(home.path))
    assert made.exit_code == 0, made.output
    return destination


def test_a_home_that_is_in_use_is_copied_and_lives_on_elsewhere(
    home: Home, kept: Path, tmp_path: Path
):
    other = tmp_path / "other"
    restored = run("restore", str(kept), "--home", str(other))
    assert restored.exit_code == 0, restored.output
    assert "the line database_url was removed" in words(restored.output)
    assert "The model far lies outside of the home" in words(restored.output)
    assert str(home.path) not in (other / "understudy.toml").read_text()
    assert (other / "pepper").read_bytes() == (home.path / "pepper").read_bytes()
    assert (other / "bases" / "linked").readlink() == other / "bases" / "tiny"
    assert not (other / "bases" / ".half.unfinished").exists()
    database = Database.at(other / "understudy.db")
    with database.read() as session:
        directories = [row.directory for row in session.query(CheckpointRow)]
        directories += [row.directory for row in session.query(TunedModelRow)]
        bases = {row.base_directory for row in session.query(JobRow)}
        blobs = [row.sha256 for row in session.query(FileRow)]
    database.close()
    assert len(directories) == 4
    for directory in map(Path, directories):
        assert directory.is_relative_to(other / "models")
        verify_directory(directory)
    assert bases == {str(other / "bases" / "tiny")}
    assert all((other / "blobs" / name[:2] / name).is_file() for name in blobs)


def test_what_is_copied_is_for_its_owner_alone(kept: Path):
    modes = {path.stat().st_mode & 0o077 for path in (kept, *kept.rglob("*"))}
    assert modes == {0}


def test_a_place_that_holds_anything_is_refused(home: Home, kept: Path):
    again = run("backup", str(kept), "--home", str(home.path))
    assert again.exit_code == 1
    assert "is not empty" in words(again.stderr)
    inside = run("backup", str(home.path / "kept"), "--home", str(home.path))
    assert "lies in the home itself" in words(inside.stderr)
    onto = run("restore", str(kept), "--home", str(home.path))
    assert onto.exit_code == 1
    assert f"mv {home.path} {home.path}.old" in words(onto.stderr)


def test_a_home_in_use_is_not_replaced(kept: Path, tmp_path: Path):
    run_directory = tmp_path / "used" / "run"
    run_directory.mkdir(parents=True)
    lock = lock_home(run_directory)
    refused = run("restore", str(kept), "--home", str(run_directory.parent))
    lock.release()
    assert "or stop that server" in words(refused.stderr)


@pytest.mark.parametrize("damage", ["blob", "database", "manifest", "gone", "outside"])
def test_a_damaged_backup_is_named_and_touches_nothing(kept: Path, tmp_path: Path, damage: str):
    kept = shutil.copytree(kept, tmp_path / "kept")
    match damage:
        case "blob":
            victim = next(kept.glob("blobs/??/*"))
            victim.write_bytes(b"x" + victim.read_bytes()[1:])
        case "database":
            victim = kept / "understudy.db"
            victim.write_bytes(victim.read_bytes().replace(b"tiny", b"tidy", 1))
        case "manifest":
            victim = kept / "backup.json"
            victim.unlink()
        case "gone":
            victim = next(kept.glob("models/*/*/manifest.json"))
            victim.unlink()
        case _:
            victim = kept / "backup.json"
            manifest = json.loads(victim.read_text())
            manifest["files"]["../../stolen"] = {"bytes": 1, "sha256": "a" * 64}
            victim.write_text(json.dumps(manifest))
    refused = run("restore", str(kept), "--home", str(tmp_path / "other"))
    assert refused.exit_code == 1
    assert victim.relative_to(kept).as_posix() in words(refused.stderr)
    assert not (tmp_path / "other").exists()


def test_a_blob_that_is_gone_stops_a_backup_unless_it_is_left_out_by_name(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(making, "_LOOKS", 1)
    ill = tmp_path / "ill"
    shutil.copytree(home.path, ill, symlinks=True)
    victim = next(ill.glob("blobs/??/*"))
    victim.unlink()
    (ill / "understudy.toml").unlink()
    stopped = run("backup", str(tmp_path / "copy"), "--home", str(ill))
    assert stopped.exit_code == 1
    assert f"The file blobs/{victim.parent.name}/{victim.name} is gone" in words(stopped.stderr)
    assert not (tmp_path / "copy").exists()
    lenient = run("backup", str(tmp_path / "copy"), "--home", str(ill), "--leave-out-damaged")
    assert lenient.exit_code == 0
    assert f"{victim.name} is gone, so it is not in the backup" in words(lenient.output)


def test_a_damaged_page_stops_a_backup(home: Home, tmp_path: Path):
    ill = tmp_path / "ill"
    shutil.copytree(home.path, ill, symlinks=True)
    with closing(sqlite3.connect(ill / "understudy.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'job_events'"
        ).fetchone()
    with (ill / "understudy.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 512)
    (ill / "understudy.toml").unlink()
    stopped = run("backup", str(tmp_path / "copy"), "--home", str(ill))
    assert stopped.exit_code == 1
    assert "damaged" in words(stopped.stderr)
    assert not (tmp_path / "copy").exists()


def test_a_full_disk_leaves_nothing_that_looks_whole(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    calls = []

    def full(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) < 4:
            return real(source, target)
        raise OSError(28, "No space left on device")

    real = making.copy_file
    monkeypatch.setattr(making, "copy_file", full)
    (tmp_path / "disk").mkdir()
    stopped = run("backup", str(tmp_path / "disk"), "--home", str(home.path))
    assert stopped.exit_code == 1
    assert "no space left" in words(stopped.stderr)
    assert list((tmp_path / "disk").iterdir()) == []


def test_an_interrupted_restore_does_not_start(tmp_path: Path):
    half = tmp_path / "half"
    (half / ".restoring").mkdir(parents=True)
    refused = run("serve", "--home", str(half))
    assert refused.exit_code == 1
    assert "was interrupted" in words(refused.stderr)


def test_a_home_of_an_earlier_version_is_copied_as_it_is(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    load_pepper(old / "pepper")
    engine = create_engine(f"sqlite:///{old}/understudy.db")
    with engine.begin() as connection:
        upgrade(connection, "0012")
    engine.dispose()
    made = run("backup", str(tmp_path / "kept"), "--home", str(old))
    assert made.exit_code == 0, made.output
    assert json.loads((tmp_path / "kept" / "backup.json").read_text())["revision"] == "0012"
    assert run("restore", str(tmp_path / "kept"), "--home", str(new)).exit_code == 0
    looked = run("doctor", "--home", str(new))
    assert looked.exit_code == 0
    assert "The schema is 0012" in words(looked.output)


def test_a_database_on_another_server_is_backed_up_by_that_server(tmp_path: Path):
    load_pepper(tmp_path / "pepper")
    (tmp_path / "understudy.toml").write_text('database_url = "postgresql://localhost/u"\n')
    refused = run("backup", str(tmp_path.with_name("kept")), "--home", str(tmp_path))
    assert refused.exit_code == 1
    assert "run pg_dump first" in words(refused.stderr)


def test_a_database_of_a_newer_version_is_refused_by_every_command(home: Home, tmp_path: Path):
    newer = tmp_path / "newer"
    shutil.copytree(home.path, newer, symlinks=True)
    (newer / "understudy.toml").unlink()
    with closing(sqlite3.connect(newer / "understudy.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for command in (
        ("serve",),
        ("keys", "list"),
        ("projects", "list"),
        ("models", "remove", "tiny"),
        ("backup", str(tmp_path / "copy")),
    ):
        refused = run(*command, "--home", str(newer))
        assert refused.exit_code == 1, command
        assert "A newer version of understudy wrote this database" in words(refused.stderr)
