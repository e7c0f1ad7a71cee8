"""Schemathesis over the whole API of a server in which every kind of object exists."""

import argparse
import logging
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests import RequestException
from schemathesis.checks import not_a_server_error
from sqlalchemy import event

from tests.api.harness import RunningServer, running_server
from tests.siege.document import whole_document
from tests.siege.town import Ids, Town

_log = logging.getLogger(__name__)

_KNOWN = 0.7
"""How often an id is that of an object that exists."""
_OPERATIONS_A_TOWN = 8
_MAX_SECONDS = 120.0
"""Longer than this is a hang, also on busy cores."""


@dataclass
class Findings:
    """What came of the requests of one siege."""

    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    """Operations that succeeded at least once."""
    faults: list[str] = field(default_factory=list)
    texts_with_nul: set[str] = field(default_factory=set)
    """Statements that were given NUL as text, which PostgreSQL would refuse."""

    def add(self, fault: str) -> None:
        """Keep a fault, and say so at once: a run that is ended has told what it found."""
        self.faults.append(fault)
        _log.warning("fault: %s", fault)


def besiege(server: RunningServer, *, cases: int, first_seed: int, paths: str = "") -> Findings:
    """Ask every operation `cases` times; `paths` chooses those whose path holds it."""
    findings = Findings()
    _watch_texts(server, findings)
    api = schemathesis.openapi.from_dict(whole_document())
    operations = [result.ok() for result in api.get_all_operations()]
    town, ids = Town(server), Ids()
    # What deletes comes last, so that the others find something.
    operations.sort(key=lambda each: (each.method == "delete", each.path))
    for number, operation in enumerate(operations):
        if paths not in operation.path:
            continue
        if number % _OPERATIONS_A_TOWN == 0 or not ids:
            ids = town.build()
        _log.info("%s, after %d requests", operation.label, findings.statuses.total())
        _ask(operation, town, ids, findings, cases=cases, first_seed=first_seed + number)
    return findings


def _ask(
    operation: Any, town: Town, ids: Ids, findings: Findings, *, cases: int, first_seed: int
) -> None:
    chance = random.Random(first_seed)

    @seed(first_seed)
    @settings(
        max_examples=cases, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.path_parameters = {
            name: ids.get(name, value) if chance.random() < _KNOWN else value
            for name, value in (case.path_parameters or {}).items()
        }
        case.body = _with_ids(case.body, ids, chance)
        headers = {"Authorization": f"Bearer {town.key}"}
        try:
            answer = case.call(base_url=town.server.url, headers=headers, timeout=_MAX_SECONDS)
        except RequestException as error:
            findings.add(f"{operation.label} has no answer: {error!r}")
            return
        findings.statuses[answer.status_code] += 1
        if answer.status_code < 300:
            findings.reached.add(operation.label)
        try:
            case.validate_response(answer, checks=[not_a_server_error, _schema_holds])
        # Several faults of one answer come as a group, which is no Exception.
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 the siege's edge: it is printed
            findings.add(f"{operation.label} {answer.status_code}: {str(error)[:1500]}")

    ask()


def _schema_holds(_context: Any, answer: Any, case: Any) -> None:
    if "json" in answer.headers.get("content-type", [""])[0]:
        case.operation.validate_response(answer)


def _with_ids(part: Any, ids: Ids, chance: random.Random) -> Any:
    """Put ids that exist in the place of some texts whose names are those of ids."""
    if isinstance(part, dict):
        return {name: _known(name, each, ids, chance) for name, each in part.items()}
    if isinstance(part, list):
        return [_with_ids(each, ids, chance) for each in part]
    return part


def _known(name: str, value: Any, ids: Ids, chance: random.Random) -> Any:
    if not isinstance(value, str) or chance.random() > _KNOWN:
        return _with_ids(value, ids, chance)
    named = {
        "model": "tiny/chat", "student": "tiny/chat", "training_file": ids["file_id"],
        "validation_file": ids["file_id"], "previous_response_id": ids["response_id"],
    }  # fmt: skip
    return (ids | named).get(name, value)


def _watch_texts(server: RunningServer, findings: Findings) -> None:
    def look(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        rows = parameters if isinstance(parameters, list) else [parameters]
        if any(isinstance(value, str) and "\0" in value for row in rows for value in row):
            findings.texts_with_nul.add(statement[:200])

    event.listen(server.services.database._reader, "before_cursor_execute", look)


def _lines(findings: Findings, cases: int, seed_: int) -> Iterator[str]:
    yield f"seed {seed_}, {cases} cases an operation, {findings.statuses.total()} requests"
    for status, count in sorted(findings.statuses.items()):
        yield f"  {status}: {count}"
    yield f"operations that succeeded at least once: {len(findings.reached)}"
    yield f"statements with NUL: {len(findings.texts_with_nul)}"
    yield from sorted(findings.texts_with_nul)
    yield f"faults: {len(findings.faults)}"
    yield from findings.faults[:50]


def main() -> int:
    """Besiege a server of this process and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--paths", default="")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _log.setLevel(logging.INFO)
    with TemporaryDirectory() as directory, running_server(Path(directory) / "home") as server:
        findings = besiege(server, cases=asked.cases, first_seed=asked.seed, paths=asked.paths)
    sys.stdout.write("\n".join(_lines(findings, asked.cases, asked.seed)) + "\n")
    return 1 if findings.faults or findings.texts_with_nul else 0


if __name__ == "__main__":
    sys.exit(main())
