from itertools import pairwise
from pathlib import Path

import pytest

from understudy.config.source import load_settings
from understudy.worker.supervisor.child import ChildSpec
from understudy.worker.supervisor.processes import InheritedFds, child_specs

FDS = InheritedFds(listener=7, lifeline=8, children_lock=9)


def specs(home: Path) -> dict[str, ChildSpec]:
    made = child_specs(load_settings(home), FDS, cores=2, warm=[Path("/bases/mini")])
    return {spec.name: spec for spec in made}


def test_a_server_is_four_processes_that_watch_their_parent(tmp_path: Path):
    made = specs(tmp_path)
    assert set(made) == {"api", "trainer", "runner", "engine"}
    for spec in made.values():
        assert spec.command[-2:] == ("--parent-fd", "8")
        assert {8, 9} <= set(spec.inherited_fds)


def test_only_the_api_gets_the_listening_socket(tmp_path: Path):
    assert [name for name, spec in specs(tmp_path).items() if 7 in spec.inherited_fds] == ["api"]


def test_threads_are_explicit_and_do_not_spin(tmp_path: Path):
    made = specs(tmp_path)
    assert made["trainer"].environment["OMP_NUM_THREADS"] == "2"
    assert made["api"].environment["OMP_NUM_THREADS"] == "1"
    assert all(spec.environment["OMP_WAIT_POLICY"] == "PASSIVE" for spec in made.values())


def test_children_do_not_learn_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UNDERSTUDY_BOOTSTRAP_KEY", "sk-secret")
    for spec in specs(tmp_path).values():
        assert "sk-secret" not in spec.environment.values()


def test_only_those_that_compute_are_warmed(tmp_path: Path):
    warmed = [name for name, spec in specs(tmp_path).items() if "/bases/mini" in spec.command]
    assert sorted(warmed) == ["engine", "trainer"]


def test_the_engine_gets_the_limits_that_the_settings_say(tmp_path: Path):
    (tmp_path / "understudy.toml").write_text('[engine]\nrows = 4\ncache_memory = "1 GiB"\n')
    engine = child_specs(load_settings(tmp_path), FDS, cores=2, warm=[])[0].command
    given = dict(pairwise(engine))
    limits = {name: given[name] for name in ("--rows", "--cache-memory", "--base-memory")}
    assert limits == {"--rows": "4", "--cache-memory": "1 GiB", "--base-memory": "40%"}
