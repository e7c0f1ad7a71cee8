from pathlib import Path

import pytest

from tests.unit.cli.support import run, words
from understudy.cli.first_start import BootstrapKeyError, prepare_database
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.storage.database import Database
from understudy.storage.keys import load_pepper, project_of_key
from understudy.storage.projects import list_projects

KEY = "sk-chosen-by-the-operator"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path)


def opens(settings: Settings, key: str) -> bool:
    database = Database(settings.database_url)
    with database.read() as session:
        project = project_of_key(session, key, pepper=load_pepper(settings.pepper_file))
        names = [project.name for project in list_projects(session)]
    database.close()
    assert names == ["default"]
    return project is not None


def test_the_first_start_makes_a_project_and_shows_its_key_once(settings: Settings):
    key = prepare_database(settings, None)
    assert key is not None
    assert opens(settings, key)
    assert prepare_database(settings, None) is None


def test_a_key_from_the_environment_is_used_and_not_shown(settings: Settings):
    assert prepare_database(settings, KEY) is None
    assert opens(settings, KEY)
    assert prepare_database(settings, KEY) is None


def test_a_key_that_came_too_late_is_refused(settings: Settings):
    prepare_database(settings, None)
    with pytest.raises(BootstrapKeyError, match="already has keys"):
        prepare_database(settings, KEY)


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_protects_nothing_is_refused(settings: Settings, key: str):
    with pytest.raises(BootstrapKeyError, match="at least 16"):
        prepare_database(settings, key)


def test_another_key_can_be_made_for_a_started_home(settings: Settings):
    prepare_database(settings, None)
    result = run("keys", "create", "--home", str(settings.home))
    assert result.exit_code == 0
    assert opens(settings, result.output.strip())


def test_a_home_that_was_never_started_has_no_keys_to_make(tmp_path: Path):
    result = run("keys", "create", "--home", str(tmp_path))
    assert result.exit_code == 1
    assert "has not been started yet" in words(result.stderr)


def test_a_key_is_listed_without_its_secret_and_can_be_revoked(settings: Settings):
    prepare_database(settings, KEY)
    home = ("--home", str(settings.home))
    made = run("keys", "create", "--name", "laptop", *home).stdout.strip()
    listed = run("keys", "list", *home, COLUMNS="200").stdout
    (row,) = [line for line in listed.splitlines() if "laptop" in line]
    assert made not in listed
    assert f"{made[:5]}***{made[-2:]}" in row

    key_id = row.split()[0]
    assert run("keys", "revoke", key_id, *home).exit_code == 0
    assert not opens(settings, made)
    again = run("keys", "revoke", key_id, *home)
    assert (again.exit_code, "No such key" in words(again.stderr)) == (1, True)


def test_projects_are_created_listed_and_given_keys(settings: Settings):
    prepare_database(settings, KEY)
    home = ("--home", str(settings.home))
    made = run("projects", "create", "research", *home).stdout.strip()
    assert made.startswith("proj_")
    assert made in run("projects", "list", *home, COLUMNS="200").stdout
    assert "already" in words(run("projects", "create", "research", *home).stderr)

    run("keys", "create", "--project", "research", "--name", "lab", *home)
    listed = run("keys", "list", *home, COLUMNS="200").stdout
    (row,) = [line for line in listed.splitlines() if "lab" in line]
    assert "research" in row
    refused = run("keys", "create", "--project", "nothing", *home)
    assert refused.exit_code != 0
    assert "known are default, research" in words(refused.stderr.replace("│", " "))
