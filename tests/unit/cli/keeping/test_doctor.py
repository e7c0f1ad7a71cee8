"""Homes in which something is damaged, gone, open to others or left over."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.support import run, words
from tests.unit.worker.support import Home
from understudy.storage.backups.moving import move_paths
from understudy.worker.supervisor.home_lock import lock_home


@pytest.fixture
def copy(home: Home, tmp_path: Path) -> Path:
    """A whole home, as its server left it."""
    path = shutil.copytree(home.path, tmp_path / "home", symlinks=True)
    (path / "understudy.toml").write_text(f'[models.tiny]\ndirectory = "{path}/bases/tiny"\n')
    with closing(sqlite3.connect(path / "understudy.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    move_paths(path / "understudy.db", {home.path: path})
    (path / "understudy.toml").chmod(0o600)
    for directory in (path, path / "blobs", path / "models"):
        directory.chmod(0o700)
    return path


def seen(home: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what the doctor says as JSON."""
    result = run("doctor", "--home", str(home), "--json", *options)
    return result.exit_code, json.loads(result.stdout)


def change(home: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(home / "understudy.db")) as connection, connection:
        connection.execute(statement, values)


def test_a_whole_home_has_no_fault(copy: Path):
    code, found = seen(copy)
    assert (code, found["findings"], found["server"]) == (0, [], None)
    assert (found["files"], found["models"]) == (2, 3)
    told = run("doctor", "--home", str(copy))
    assert words(told.output).startswith(f"no fault in {copy} (no server runs)")


def test_each_thing_that_is_wrong_is_named_once_with_what_to_do(copy: Path):
    blob = next(copy.glob("blobs/??/*"))
    first, second = sorted(path.parent for path in copy.glob("models/*/step-*/manifest.json"))
    blob.write_bytes(b"x" + blob.read_bytes()[1:])
    shutil.rmtree(first)
    weights = next(second.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    (copy / "pepper").unlink()
    copy.chmod(0o755)
    (copy / "blobs").chmod(0o755)
    shutil.rmtree(copy / "bases" / "tiny")
    code, found = seen(copy)
    assert code == 1
    named = {(each["check"], each["subject"]) for each in found["findings"]}
    assert named == {
        ("files", blob.name),
        ("models", str(first)),
        ("models", str(second)),
        ("models", str(copy / "bases" / "tiny")),
        ("bases", str(copy / "bases" / "tiny")),
        ("keys", str(copy / "pepper")),
        ("rights", str(copy / "blobs")),
    }
    assert {each["level"] for each in found["findings"]} == {"fault"}
    told = words(run("doctor", "--home", str(copy)).output)
    assert "(chats.jsonl) are damaged" in told
    assert "7 faults in" in told


def test_what_is_only_good_to_know_is_no_fault(copy: Path):
    lost = copy / "blobs" / "aa" / ("a" * 64)
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(b"nobody's")
    half = next(copy.glob("models/*")) / ".step-9.partial"
    half.mkdir()
    for path in (lost, half):
        os.utime(path, (1, 1))
    change(copy, "UPDATE jobs SET worker_id = 'gone', lease_until = 1 WHERE finished_at IS NULL")
    code, found = seen(copy)
    assert code == 0
    assert {each["check"] for each in found["findings"]} == {"files", "models", "leases"}
    assert str(half) in next(e["sentence"] for e in found["findings"] if e["check"] == "models")


def test_a_home_that_was_copied_by_hand_is_seen_to_use_the_models_of_the_other(
    home: Home, copy: Path
):
    move_paths(copy / "understudy.db", {copy / "models": home.path / "models"})
    code, found = seen(copy)
    assert code == 1
    assert len(found["findings"]) == 2
    assert all("is looked for in another home" in each["sentence"] for each in found["findings"])


def test_reading_is_left_out_where_it_is_to_be_quick(copy: Path):
    blob = next(copy.glob("blobs/??/*"))
    blob.write_bytes(b"x" + blob.read_bytes()[1:])
    assert seen(copy, "--quick")[0] == 0
    blob.unlink()
    assert seen(copy, "--quick")[0] == 1


def overwrite_page(home: Path, table: str) -> None:
    with closing(sqlite3.connect(home / "understudy.db")) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (home / "understudy.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 512)


def test_a_damaged_page_is_named_by_its_table_and_the_rest_is_looked_at(copy: Path):
    overwrite_page(copy, "job_events")
    code, found = seen(copy)
    assert code == 1
    (finding,) = found["findings"]
    assert "in the table(s) job_events (" in finding["sentence"]
    assert (found["files"], found["models"]) == (2, 3)
    overwrite_page(copy, "jobs")
    code, found = seen(copy)
    assert code == 1
    assert any("could not be checked" in each["sentence"] for each in found["findings"])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            lambda home: change(home, "UPDATE alembic_version SET version_num = '9999'"),
            "A newer version",
        ),
        (lambda home: (home / "understudy.db").write_bytes(b"no database at all" * 999), "damaged"),
        (lambda home: (home / ".restoring").mkdir(), "was interrupted"),
    ],
)
def test_a_home_that_cannot_be_used_is_a_fault(
    copy: Path, harm: Callable[[Path], object], said: str
):
    harm(copy)
    code, found = seen(copy)
    assert code == 1
    assert said in found["findings"][0]["sentence"]


def test_a_server_that_runs_is_named_and_its_orphans_are_a_fault(copy: Path):
    (copy / "run").mkdir(exist_ok=True)
    lock = lock_home(copy / "run")
    lock.note_address("http://127.0.0.1:1/v1")
    assert seen(copy)[1]["server"].endswith("at http://127.0.0.1:1/v1")
    os.close(lock.supervisor_fd)
    code, found = seen(copy)
    assert code == 1
    assert "no other can start" in found["findings"][0]["sentence"]
    os.close(lock.children_fd)


def test_a_home_that_was_never_started_is_refused(tmp_path: Path):
    refused = run("doctor", "--home", str(tmp_path / "nowhere"))
    assert refused.exit_code == 1
    assert "is not there" in words(refused.stderr)
