"""Real lines that several tests of training files begin with."""

from pathlib import Path

import pytest


@pytest.fixture
def weather_lines() -> list[bytes]:
    """The ten lines with tools that users of the guide know."""
    path = Path(__file__).parent / "weather_tools.jsonl"
    return path.read_bytes().splitlines(keepends=True)
