"""Many clients at once create, use and delete what they find; some never finish asking."""

import argparse
import http.client
import json
import logging
import random
import resource
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.api.harness import RunningServer, running_server
from tests.siege.moves import Known, Moves, Request
from tests.siege.town import Town

CLIENTS = 8
_MAX_SECONDS = 60.0
"""Longer than this is a hang, also on busy cores."""
_HALF = 0.02
"""How many requests end in the middle, as those of clients that die do."""
_MAX_OPEN = 20
"""Connections that stand open with half a request each."""
_ENGINE_IS_AWAY = (503,)
"""The crowd may fill the engine's queue."""


@dataclass
class Findings:
    """What came of the requests of a crowd."""

    statuses: Counter[int] = field(default_factory=Counter)
    succeeded: set[str] = field(default_factory=set)
    halves: int = 0
    faults: list[str] = field(default_factory=list)
    ends_at: float = 0.0
    """On the monotonic clock: the crowd leaves."""
    seconds: float = 0.0
    megabytes: tuple[int, int] = (0, 0)
    """Peaks of this process after a tenth of the requests and after all."""
    descriptors: tuple[int, int] = (0, 0)


def besiege(server: RunningServer, *, cases: int, seed: int, minutes: float = 600.0) -> Findings:
    """Let a crowd send so many requests in all, or as many as it can within the time."""
    findings = Findings()
    town = Town(server, f"crowd {seed}")
    known = Known(town.build())
    began = time.monotonic()
    findings.ends_at = began + 60 * minutes
    _all_send(server, town, known, findings, cases // 10, seed)
    first = _peak_megabytes(), _open_descriptors()
    _all_send(server, town, known, findings, cases - cases // 10, seed + CLIENTS)
    findings.megabytes = first[0], _peak_megabytes()
    findings.descriptors = first[1], _open_descriptors()
    findings.seconds = time.monotonic() - began
    # Whoever asks well is served, whatever others did.
    Town(server, f"after the crowd {seed}").build()
    return findings


def _all_send(
    server: RunningServer, town: Town, known: Known, findings: Findings, cases: int, seed: int
) -> None:
    clients = [
        threading.Thread(
            target=_send_some,
            args=(server, Moves(known, town.key, random.Random(seed + number)), known),
            kwargs={"findings": findings, "cases": cases // CLIENTS, "seed": seed + number},
        )
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _send_some(
    server: RunningServer, moves: Moves, known: Known, *, findings: Findings, cases: int, seed: int
) -> None:
    chance = random.Random(f"halves {seed}")
    open_halves: list[socket.socket] = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_MAX_SECONDS)
    for request in islice(moves, cases):
        if time.monotonic() > findings.ends_at:
            break
        if chance.random() < _HALF:
            open_halves.append(_half(server.port, request, chance))
            findings.halves += 1
            if len(open_halves) > _MAX_OPEN // CLIENTS:
                open_halves.pop(0).close()
            continue
        try:
            status, text = _answered(connection, request)
        except TimeoutError:
            findings.faults.append(f"{request.label}: it hangs")
            connection.close()
            continue
        except (OSError, http.client.HTTPException):
            # A server may close a connection whose request it refused before it was read.
            connection.close()
            findings.statuses[0] += 1
            continue
        findings.statuses[status] += 1
        if status < 300:
            findings.succeeded.add(f"{request.method} {request.path.partition('?')[0]}")
            known.learn(text)
        if status >= 500 and status not in _ENGINE_IS_AWAY:
            findings.faults.append(f"{status} {request.label}: {text[:300]}")
        elif status >= 400 and not _is_error(text):
            findings.faults.append(f"{status} {request.label}: no error: {text[:300]}")
    for each in open_halves:
        each.close()
    connection.close()


def _answered(connection: http.client.HTTPConnection, request: Request) -> tuple[int, str]:
    connection.putrequest(request.method, request.path, skip_host="Host" in request.headers)
    for name, value in request.headers.items():
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def _half(port: int, request: Request, chance: random.Random) -> socket.socket:
    """Send a request up to some place, and leave the connection open."""
    client = socket.create_connection(("127.0.0.1", port), _MAX_SECONDS)
    lines = [f"{request.method} {request.path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Content-Length: {len(request.body) + 10}", "", ""]
    whole = "\r\n".join(lines).encode("latin-1") + request.body[:100_000]
    client.sendall(whole[: chance.randrange(1, len(whole))])
    return client


def _is_error(text: str) -> bool:
    try:
        return "error" in json.loads(text)
    except ValueError:
        # What is refused before it is HTTP has no body of the API.
        return text.startswith("Invalid")


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _open_descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def _lines(findings: Findings, seed: int) -> Iterator[str]:
    cases = findings.statuses.total() + findings.halves
    yield f"seed {seed}, {cases} requests by {CLIENTS} clients, {cases / findings.seconds:.0f}/s"
    for status, count in sorted(findings.statuses.items()):
        yield f"  {status or 'closed'}: {count}"
    yield f"  ended in the middle: {findings.halves}"
    yield "peak of memory after a tenth and all: {} and {} MB".format(*findings.megabytes)
    yield "open descriptors after a tenth and all: {} and {}".format(*findings.descriptors)
    yield f"faults: {len(findings.faults)}"
    yield from findings.faults[:50]


def main() -> int:
    """Besiege a server of this process and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600.0)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with TemporaryDirectory() as directory, running_server(Path(directory) / "home") as server:
        findings = besiege(server, cases=asked.cases, seed=asked.seed, minutes=asked.minutes)
    sys.stdout.write("\n".join(_lines(findings, asked.seed)) + "\n")
    return 1 if findings.faults else 0


if __name__ == "__main__":
    sys.exit(main())
