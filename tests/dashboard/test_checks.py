"""The dashboard's own checks: types, lint and its unit tests, as `npm run check` does them."""

import re

import pytest

from scripts import build_dashboard


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_types_lint_and_unit_tests_of_the_dashboard():
    build_dashboard.run_script("check")


def test_the_lock_file_names_no_registry():
    lock = (build_dashboard.SOURCES / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert re.findall(r'"integrity"', lock)


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.1", True),
        ("v24.0.0", True),
        ("", False),
    ],
)
def test_the_build_runs_on_the_node_versions_that_vite_names(version: str, is_enough: bool):
    assert build_dashboard.is_new_enough(version) is is_enough
