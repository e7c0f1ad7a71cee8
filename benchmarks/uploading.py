"""A file of 8 GB uploaded in parts to a server that is killed half-way, and what that takes.

Every part is made when it is sent, so that only the server's disk holds the file: once in parts and
once whole, 16 GB when it is completed.
"""

import argparse
import hashlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openai import OpenAI

PART_BYTES = 64 * 1024 * 1024
LARGEST_BYTES = 8 * 1024**3
_LINE = b'{"messages":[{"role":"user","content":"%s"},{"role":"assistant","content":"yes"}]}\n'
_READY = re.compile(r"Ready at (http\S+)")


def main() -> None:
    """Measure one upload and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=LARGEST_BYTES)
    size: int = parser.parse_args().bytes
    parts = range(-(-size // PART_BYTES))
    digest = hashlib.md5(usedforsecurity=False)
    key = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with serving(home, key) as (server, client):
            upload = client.uploads.create(
                bytes=size, filename="large.jsonl", mime_type="text/jsonl", purpose="fine-tune"
            )
            half = parts[: len(parts) // 2]
            ids = send(client, upload.id, half, size, digest, "before the kill")
            report_memory(server)
            os.kill(server, signal.SIGKILL)
        with serving(home, key) as (server, client):
            ids += send(client, upload.id, parts[len(half) :], size, digest, "after it")
            begun = time.monotonic()
            done = client.uploads.complete(upload.id, part_ids=ids, md5=digest.hexdigest())
            print(f"completed, with its MD5, in {time.monotonic() - begun:.1f} s", flush=True)
            assert done.file is not None
            assert (done.status, done.file.bytes) == ("completed", size)
            report_memory(server)
            client.files.delete(done.file.id)


@contextmanager
def serving(home: Path, key: str) -> Generator[tuple[int, OpenAI]]:
    """Serve a home, also after a kill; yields the supervisor's process and a client."""
    command = (sys.executable, "-m", "understudy", "serve", "--home", str(home), "--port", "0")
    environment = os.environ | {"UNDERSTUDY_BOOTSTRAP_KEY": key, "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = next(filter(None, map(_READY.search, process.stdout)))
            with OpenAI(
                base_url=found.group(1), api_key=key, max_retries=0, timeout=3600
            ) as client:
                yield process.pid, client
        finally:
            process.terminate()


def send(
    client: OpenAI, upload: str, parts: Sequence[int], size: int, digest: Any, when: str
) -> list[str]:
    """Send parts one after the other; returns their ids and adds them to the digest."""
    ids: list[str] = []
    seconds = 0.0
    for part in parts:
        content = content_of(part, min(PART_BYTES, size - part * PART_BYTES))
        digest.update(content)
        begun = time.monotonic()
        ids.append(client.uploads.parts.create(upload, data=content).id)
        seconds += time.monotonic() - begun
    sent = min(size, (parts[-1] + 1) * PART_BYTES) - parts[0] * PART_BYTES
    speed = sent / seconds / 1e6
    print(f"{len(ids)} parts {when} in {seconds:.1f} s, {speed:.0f} MB/s", flush=True)
    return ids


def content_of(part: int, length: int) -> bytes:
    """Return lines of a training file, of that length together and other ones in every part."""
    line = _LINE % (b"%09d" % part * 100)
    lines = line * (length // len(line) - 1)
    room = length - len(lines) - len(_LINE % b"")
    return lines + _LINE % (b"x" * room)


def report_memory(supervisor: int) -> None:
    """Print the most memory that the API process has had."""
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if b"understudy.server" in Path(f"/proc/{child}/cmdline").read_bytes():
            status = Path(f"/proc/{child}/status").read_text()
            peak = re.search(r"VmHWM:\s+(\d+) kB", status)
            assert peak is not None
            print(f"peak memory of the API: {int(peak.group(1)) / 1024:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
