"""Downloads by the real client from a hub on this machine that has, refuses, lacks or hangs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.bases.fake_hub import FakeHub, fake_hub
from tests.unit.cli.support import write_model_directory
from understudy.bases import hub
from understudy.bases.hub import HubError, HubUnreachableError, fetch_from_hub
from understudy.bases.progress import Progress

# Each test waits for processes of the client, which are slow to start.
pytestmark = pytest.mark.slow


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    model = write_model_directory(tmp_path / "remote")
    (model / "modeling_evil.py").write_text("raise SystemExit")
    (model / "pytorch_model.bin").write_bytes(b"pickle")
    pickled = write_model_directory(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with fake_hub({"tiny/model": model, "tiny/pickled": pickled}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield running


def fetch(name: str, directory: Path) -> list[Progress]:
    seen: list[Progress] = []
    fetch_from_hub(name, directory, seen.append)
    return seen


def test_weights_and_configuration_arrive_and_code_does_not(remote: FakeHub, tmp_path: Path):
    seen = fetch("tiny/model", tmp_path / "here")
    names = {path.name for path in (tmp_path / "here").iterdir() if path.is_file()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert {"modeling_evil.py", "pytorch_model.bin"} & names == set()
    assert seen[-1].done_bytes == seen[-1].total_bytes
    fetched = len(remote.fetched)
    fetch("tiny/model", tmp_path / "here")
    assert len(remote.fetched) == fetched


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nobody/nothing", "has no public model"),
        ("gated/model", "accept its terms"),
        ("tiny/pickled", "pickled weights can run code"),
        ("not an id", "is not a hub ID"),
    ],
)
def test_what_the_hub_does_not_give_is_said_with_a_way_out(
    remote: FakeHub, tmp_path: Path, name: str, complaint: str
):
    with pytest.raises(HubError, match=complaint) as caught:
        fetch(name, tmp_path / "here")
    assert not isinstance(caught.value, HubUnreachableError)
    assert not (tmp_path / "here").exists()


def test_a_hub_that_hangs_is_left_after_a_bounded_time(
    remote: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    remote.hangs.set()
    monkeypatch.setattr(hub, "_LOOK_UP_SECONDS", 3.0)
    with pytest.raises(HubUnreachableError, match="no progress for 3 seconds"):
        fetch("tiny/model", tmp_path / "here")
