"""The pages describe what exists: every route, setting, variable and command, and the tour runs."""

import dataclasses
import re
from pathlib import Path

import pytest
import typer
from fastapi.routing import APIRoute

from understudy.cli.main import app as commands
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.data.report.report import Report
from understudy.errors import UnderstudyError
from understudy.server.admin import health_routes, metrics_routes
from understudy.server.app import RESOURCES

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
TRAINING_DATA = (ROOT / "docs" / "training_data.md").read_text()
COMPATIBILITY = (ROOT / "docs" / "compatibility.md").read_text()


def routes() -> list[str]:
    found = [
        f"{m} {r.path}"
        for router in (health_routes.router, metrics_routes.router)
        for r in router.routes
        if isinstance(r, APIRoute)
        for m in r.methods
    ]
    for resource in RESOURCES:
        for route in resource.router.routes:
            assert isinstance(route, APIRoute)
            found += [f"{m} /v1{route.path.replace(':path', '')}" for m in route.methods]
    return sorted(found)


@pytest.mark.parametrize("route", routes())
def test_every_route_is_described(route: str):
    assert f"`{route}`" in COMPATIBILITY


def test_no_route_is_described_that_does_not_exist():
    described = re.findall(r"`((?:GET|POST|DELETE|PUT|PATCH) [^` ]+)`", COMPATIBILITY)
    assert set(described) - set(routes()) == set()


def test_every_setting_is_described(tmp_path: Path):
    (tmp_path / "understudy.toml").write_text("surely_unknown = 1")
    with pytest.raises(UnderstudyError) as raised:
        load_settings(tmp_path)
    known = raised.value.message.partition("known are ")[2].rstrip(".").split(", ")
    assert len(known) > 3
    block = OPERATIONS.partition("```toml")[2].partition("```")[0]
    assert [key for key in known if not re.search(rf"^\[?{key}\b", block, re.MULTILINE)] == []


def test_the_settings_that_the_page_shows_are_accepted(tmp_path: Path):
    block = OPERATIONS.partition("```toml")[2].partition("```")[0]
    (tmp_path / "understudy.toml").write_text(block)
    settings = load_settings(tmp_path)
    assert set(settings.aliases) == {"gpt-4.1-nano-2025-04-14", "gpt-4*", "o*-mini"}
    assert settings.ignored_parameters["o*-mini"] == {"reasoning_effort", "verbosity"}


def test_every_folder_of_a_home_is_described(tmp_path: Path):
    home = load_settings(tmp_path)
    names = [name for name in dir(Settings) if name.endswith("_directory")]
    for path in [getattr(home, name) for name in names]:
        assert f"`{path.relative_to(home.home)}/`" in OPERATIONS


def test_every_variable_of_the_environment_is_described():
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    variables = set(re.findall(r"\"(UNDERSTUDY_[A-Z_]+)\"", source))
    assert "UNDERSTUDY_HOME" in variables
    assert {name for name in variables if f"`{name}`" not in OPERATIONS} == set()


def test_every_part_of_a_report_is_described():
    names = {field.name for field in dataclasses.fields(Report)}
    assert {name for name in names if f"`{name}`" not in TRAINING_DATA} == set()


def test_every_option_of_the_check_is_described():
    command = typer.main.get_command(commands).commands["check"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts} - {"file"}
    assert {option for option in options if f"{option}" not in TRAINING_DATA} == set()


def command_paths() -> set[str]:
    group = typer.main.get_command(commands)
    paths: set[str] = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        paths |= {f"{name} {sub}" for sub in getattr(command, "commands", {})} or {name}
    return paths


@pytest.mark.parametrize(
    "page",
    [README, OPERATIONS, COMPATIBILITY, TRAINING_DATA],
    ids=["readme", "ops", "api", "data"],
)
def test_every_command_that_a_page_names_exists(page: str):
    named = re.findall(r"(?:^|`|bin/)understudy ((?:[a-z]+ ?)+)", page, re.MULTILINE)
    exist = command_paths()
    for words in named:
        first_two = " ".join(words.split()[:2])
        assert words.split()[0] in exist or first_two in exist, words
