"""Runs the official clients' own generated tests against a server, and counts by resource.

    python -m tests.sdk_suites.run --python SUITE_PYTHON --suite openai-X.Y.Z
    python -m tests.sdk_suites.run --node openai-node

The first directory is the unpacked source distribution of `openai`, whose tests `SUITE_PYTHON`
runs: an interpreter with `openai[aiohttp]`, pytest, pytest-asyncio and what else they import. The
second is a checkout of openai-node after `npm install --ignore-scripts`.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.api.harness import running_server, wait_until
from tests.api.webhooks.receiver import receiving
from tests.embedders import write_embedder
from tests.moderation import moderating
from tests.remote import FakeRemote
from tests.sdk_suites.objects import RealObjects
from tests.sdk_suites.stand_in import standing_in

PYTHON_FILES = {
    "batches": ("test_batches.py",),
    "chat completions": ("chat/test_completions.py", "chat/completions"),
    "checkpoint permissions": ("fine_tuning/checkpoints",),
    "completions": ("test_completions.py",),
    "decisions": ("test_decisions.py",),
    "embeddings": ("test_embeddings.py",),
    "evals": ("test_evals.py", "evals"),
    "files": ("test_files.py",),
    "fine-tuning jobs": ("fine_tuning/test_jobs.py", "fine_tuning/jobs"),
    "graders": ("fine_tuning/alpha",),
    "models": ("test_models.py",),
    "moderations": ("test_moderations.py",),
    "responses": ("test_responses.py", "responses"),
    "uploads": ("test_uploads.py", "uploads"),
    "webhook endpoints": ("test_webhooks.py",),
    "webhook event types": ("webhooks",),
}
NODE_FILES = {
    "batches": ("batches.test.ts",),
    "chat completions": ("chat/",),
    "checkpoint permissions": ("fine-tuning/checkpoints/",),
    "completions": ("completions.test.ts",),
    "embeddings": ("embeddings.test.ts",),
    "evals": ("evals.test.ts", "evals/"),
    "files": ("files.test.ts",),
    "fine-tuning jobs": ("fine-tuning/jobs/",),
    "graders": ("fine-tuning/alpha/",),
    "models": ("models.test.ts",),
    "moderations": ("moderations.test.ts",),
    "responses": ("responses/",),
    "uploads": ("uploads/",),
}


@dataclass
class Tally:
    """What became of the tests of a resource."""

    passed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])

    @property
    def total(self) -> int:
        return self.passed + sum(self.reasons.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--node", type=Path)
    parser.add_argument("--only", action="append", default=[])
    asked = parser.parse_args()
    with _server() as (url, objects):
        if asked.suite is not None:
            tallies = run_python(
                asked.python.absolute(), asked.suite.absolute(), url, objects, asked.only
            )
            _print_sum(tallies)
        if asked.node is not None:
            _print_sum(run_node(asked.node.absolute(), url, objects, asked.only))


@contextmanager
def _server() -> Iterator[tuple[str, RealObjects]]:
    """Serve everything that the tests ask for; yields the base URL for them, and what stands in."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        FakeRemote().running() as remote,
    ):
        home = Path(folder)
        remote.says(by=moderating({}))
        embedder = write_embedder(home / "embedder", max_tokens=32)
        table = remote.table(
            "omni", 'task = "moderation"', 'model = "omni-moderation-latest"', "max_retries = 0"
        )
        settings = (
            '[safety]\nmoderator = "remote:omni"\n'
            "[webhooks]\nprivate_addresses = true\n"
            # Jobs wait here for a trainer that never comes, so nothing is reported to anybody.
            '[wandb]\napi_key = "none"\n'
            f'[embedding_models.tiny-embedder]\ndirectory = "{embedder}"\n{table}'
        )
        with (
            running_server(home / "home", settings, engine_process=True) as server,
            receiving() as receiver,
        ):
            wait_until(lambda: server.http.get("/readyz").status_code == 200, timeout_seconds=120)
            project_id, key = server.new_project()
            objects = RealObjects(server, project_id, server.client(key), receiver.url)
            with standing_in(server.url, key, objects) as url:
                yield url, objects


def run_python(
    python: Path, suite: Path, url: str, objects: RealObjects, only: Sequence[str]
) -> dict[str, Tally]:
    """Run the tests of the Python client."""
    tallies: dict[str, Tally] = {}
    for resource, names in PYTHON_FILES.items():
        if only and resource not in only:
            continue
        found = [f"tests/api_resources/{name}" for name in names]
        with tempfile.NamedTemporaryFile(suffix=".xml") as report:
            subprocess.run(
                [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=",
                 f"--junitxml={report.name}", *found],
                cwd=suite,
                env=os.environ | {"TEST_API_BASE_URL": url, "PYTHONPATH": str(suite)},
                stdout=subprocess.DEVNULL,
                check=False,
            )  # fmt: skip
            tallies[resource] = _tally_junit(Path(report.name))
        _print(resource, tallies[resource], objects)
    return tallies


def run_node(
    checkout: Path, url: str, objects: RealObjects, only: Sequence[str]
) -> dict[str, Tally]:
    """Run the tests of the Node client."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        for resource, names in NODE_FILES.items():
            if only and resource not in only:
                continue
            patterns = [f"tests/api-resources/{name}" for name in names]
            subprocess.run(
                ["npx", "jest", "--runInBand", "--json", f"--outputFile={report.name}", *patterns],
                cwd=checkout,
                env=os.environ | {"TEST_API_BASE_URL": url},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            tallies[resource] = _tally_jest(Path(report.name))
            _print(resource, tallies[resource], objects)
    return tallies


def _tally_junit(report: Path) -> Tally:
    tally = Tally()
    for case in ElementTree.parse(report).iter("testcase"):
        problem = case.find("failure")
        problem = case.find("error") if problem is None else problem
        if case.find("skipped") is not None:
            tally.skipped += 1
        elif problem is None:
            tally.passed += 1
        else:
            tally.reasons[f"{case.get('name', '')}: {_short(problem.get('message', ''))}"] += 1
    return tally


def _tally_jest(report: Path) -> Tally:
    tally = Tally()
    for file in json.loads(report.read_text())["testResults"]:
        for case in file["assertionResults"]:
            if case["status"] == "passed":
                tally.passed += 1
            elif case["status"] == "failed":
                tally.reasons[f"{case['title']}: {_short(case['failureMessages'][0])}"] += 1
            else:
                tally.skipped += 1
    return tally


def _short(message: str) -> str:
    found = re.search(r"'message': [\"'](.*?)[\"'], '(type|param)", message)
    return (found.group(1) if found else message.strip().partition("\n")[0])[:200]


def _print(resource: str, tally: Tally, objects: RealObjects) -> None:
    print(f"{resource:24} {tally.passed:4} of {tally.total:4}")
    for name, count in objects.refused.most_common():
        print(f"    {count:3}  requests were repeated without '{name}', which is refused")
    objects.refused.clear()
    for reason, count in tally.reasons.most_common():
        print(f"    {count:3}  {reason}", flush=True)


def _print_sum(tallies: dict[str, Tally]) -> None:
    passed = sum(tally.passed for tally in tallies.values())
    total = sum(tally.total for tally in tallies.values())
    print(f"{'together':24} {passed:4} of {total:4}")


if __name__ == "__main__":
    main()
