"""What is released is built without secrets, audited and described; packages of Node are locked."""

import json

import pytest
import yaml

from scripts.write_pages import ROOT

RELEASE = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())


def test_only_publishing_may_write_and_no_step_reads_a_secret():
    assert RELEASE["permissions"] == {}
    build, publish = RELEASE["jobs"]["build"], RELEASE["jobs"]["publish"]
    assert build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write", "attestations": "write"}
    assert publish["needs"] == "build"
    assert "secrets." not in json.dumps(RELEASE)


def test_a_release_is_audited_described_and_attested():
    steps = [step for job in RELEASE["jobs"].values() for step in job["steps"]]
    words = " ".join(step.get("run", "") + step.get("uses", "") for step in steps)
    for part in ("pip_audit", "audit --omit=dev", "cyclonedx-py", "attest-build", "pypi-publish"):
        assert part in words


@pytest.mark.parametrize("folder", ["dashboard", "tests/node"])
def test_every_package_of_node_is_locked_by_its_hash(folder: str):
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    fetched = {name: each for name, each in packages.items() if name and not each.get("link")}
    assert fetched
    assert [name for name, each in fetched.items() if "integrity" not in each] == []
