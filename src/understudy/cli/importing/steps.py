"""Takes records along, kind by kind; each is whole here before the next one is asked for."""

import base64
import binascii
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.cli.importing.account import Account, GoneError
from understudy.cli.importing.here import Here, Purpose

_OWN_PURPOSES: frozenset[str] = frozenset(
    {"fine-tune", "batch", "evals", "vision", "assistants", "user_data"}
)
_COMPLETIONS_AT_ONCE = 50


@dataclass(kw_only=True)
class Report:
    """What became of the records of one kind."""

    imported: int = 0
    known: int = 0
    missing: list[str] = field(default_factory=list[str])
    """What the account does not give any more, or cannot be taken, in words."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """From where to where, and from which moment on."""

    account: Account
    here: Here
    since: int
    """Unix seconds; older records are left where they are."""
    is_dry: bool
    """Count, and copy nothing."""

    def is_wanted(self, found: Mapping[str, Any]) -> bool:
        """Say whether a record is young enough."""
        return (found.get("created_at") or found.get("created") or 0) >= self.since


def import_files(move: Move, report: Report) -> None:
    """Copy all files that can still be read: training data, batches' lines, results."""
    for found in _all(move, "/files", report):
        if move.here.copy_of(found["id"]) is not None:
            report.known += 1
        elif not move.is_dry:
            _copy_file(move, found, report)
        else:
            report.imported += 1


def import_jobs(move: Move, report: Report) -> None:
    """Copy jobs with their events, checkpoints and result files, once they have ended."""
    for found in _all(move, "/fine_tuning/jobs", report):
        id, has_ended = found["id"], found.get("finished_at") is not None
        if move.here.has("jobs", id):
            report.known += 1
            continue
        report.imported += 1
        if move.is_dry:
            continue
        path = f"/fine_tuning/jobs/{id}"
        files = [found.get("training_file"), found.get("validation_file")]
        files += found.get("result_files") or []
        copies = {file: _copy(move, file, report) for file in files if file}
        parts = {
            "events": list(move.account.pages(f"{path}/events")),
            "checkpoints": list(move.account.pages(f"{path}/checkpoints")),
        }
        if has_ended:
            known = {there: here for there, here in copies.items() if here is not None}
            move.here.put("jobs", found, parts=parts, file_ids=known)
        else:
            report.imported -= 1
            report.missing.append(f"{id} is still {found.get('status')}; import it when it ended.")


def import_models(move: Move, report: Report) -> None:
    """Keep the names of tuned models, with the day on which each one stops."""
    for found in _all(move, "/models", report):
        if str(found["id"]).startswith("ft:"):
            _keep(move, "models", found, report)


def import_batches(move: Move, report: Report) -> None:
    """Keep batches, whose files come with the files."""
    for found in _all(move, "/batches", report):
        _keep(move, "batches", found, report)


def import_completions(move: Move, report: Report) -> None:
    """Copy stored chat completions with their messages, some at a time."""
    waiting: list[Mapping[str, Any]] = []
    for found in _all(move, "/chat/completions", report):
        if move.here.has("completions", found["id"]):
            report.known += 1
        elif move.is_dry:
            report.imported += 1
        else:
            waiting.append(found)
        if len(waiting) == _COMPLETIONS_AT_ONCE:
            _store_completions(move, waiting, report)
            waiting = []
    if waiting:
        _store_completions(move, waiting, report)


IMPORTS: Mapping[str, Callable[[Move, Report], None]] = {
    "files": import_files,
    "jobs": import_jobs,
    "models": import_models,
    "completions": import_completions,
    "batches": import_batches,
}
"""What can be taken along; files first, since the others name them."""


def _all(move: Move, path: str, report: Report) -> Iterator[Mapping[str, Any]]:
    try:
        yield from filter(move.is_wanted, move.account.pages(path))
    except GoneError as error:
        report.missing.append(error.message)


def _keep(move: Move, kind: str, found: Mapping[str, Any], report: Report) -> None:
    if move.here.has(kind, found["id"]):
        report.known += 1
        return
    report.imported += 1
    if not move.is_dry:
        move.here.put(kind, found)


def _copy(move: Move, file_id: str, report: Report) -> str | None:
    known = move.here.copy_of(file_id)
    if known is not None:
        return known
    try:
        found = move.account.get(f"/files/{file_id}")
    except GoneError:
        report.missing.append(f"The file {file_id} was deleted there.")
        return None
    return _copy_file(move, found, report)


def _copy_file(move: Move, found: Mapping[str, Any], report: Report) -> str | None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "content"
        try:
            move.account.download(found["id"], path)
        except GoneError as error:
            report.missing.append(f"{found.get('filename') or found['id']}: {error.message}")
            return None
        if found.get("purpose") == "fine-tune-results":
            _decode(path)
        name = found.get("filename") or found["id"]
        # Killed before the record stands, it is uploaded again, and must be the same file.
        once = f"import {move.account.base_url} {found['id']}"
        copy = move.here.upload(path, name, _purpose(found.get("purpose")), once=once)
    move.here.put("files", found, file_ids={found["id"]: copy})
    report.imported += 1
    return copy


def _purpose(purpose: Any) -> Purpose:
    """Return a purpose that a file may be uploaded with; results of others are data here."""
    return purpose if purpose in _OWN_PURPOSES else "user_data"


def _decode(path: Path) -> None:
    """Turn a result file into the table that it is: OpenAI gives it in base64."""
    content = path.read_bytes()
    try:
        path.write_bytes(base64.b64decode(content, validate=True))
    except binascii.Error:
        return  # Other servers give the table itself.


def _store_completions(move: Move, some: list[Mapping[str, Any]], report: Report) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "completions.jsonl"
        with path.open("w", encoding="utf-8") as log:
            for found in some:
                messages = list(move.account.pages(f"/chat/completions/{found['id']}/messages"))
                log.write(json.dumps(_pair(found, messages)) + "\n")
        made = move.here.import_log(path, {})
    refused = {some[each["line"] - 1]["id"]: each["message"] for each in made["problems"]}
    for found in some:
        if found["id"] in refused:
            report.missing.append(f"{found['id']}: {refused[found['id']]}")
            continue
        report.imported += 1
        move.here.put("completions", {"id": found["id"], "created": found.get("created")})


_REQUEST = (
    "tools",
    "tool_choice",
    "response_format",
    "seed",
    "temperature",
    "top_p",
    "metadata",
    "functions",
    "function_call",
)


def _pair(found: Mapping[str, Any], messages: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a stored completion and its messages as the request and the answer that they were."""
    asked = [
        {
            key: value
            for key, value in message.items()
            if key not in ("id", "content_parts") and value is not None
        }
        | ({"content": message["content_parts"]} if message.get("content_parts") else {})
        for message in messages
    ]
    request = {name: found[name] for name in _REQUEST if found.get(name) is not None}
    return {"request": {**request, "model": found["model"], "messages": asked}, "response": found}
