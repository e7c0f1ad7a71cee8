"""The mark of tests that take minutes and run on request: `ACCEPTANCE=1 pytest -m slow`."""

import os

import pytest

acceptance = pytest.mark.skipif(
    "ACCEPTANCE" not in os.environ, reason="takes minutes; ACCEPTANCE=1 pytest -m slow runs it"
)
