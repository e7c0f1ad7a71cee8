"""BFCL's rows out of its wheel, which is taken once from the package index and never installed."""

import hashlib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Report
from understudy.bases.wheels import download_wheel
from understudy.cli.demo.bfcl_rows import BfclRow, read_rows
from understudy.wording import worded

BFCL = "bfcl-eval==2026.3.23"
_WHEEL_BYTES = 1_925_664
_WHEEL_SHA256 = "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a"
# 400 questions, each with one Python function and one right call.
_QUESTIONS = "bfcl_eval/data/BFCL_v4_simple_python.json"
_ANSWERS = "bfcl_eval/data/possible_answer/BFCL_v4_simple_python.json"


def fetch_bfcl(cache: Path, report: Report) -> list[BfclRow]:
    """Return BFCL's simple Python functions; the wheel lies in `cache` from the first time on.

    Raises BaseSourceError where the package index does not have it.
    """
    wheel = cache / "bfcl_eval.whl"
    if not wheel.is_file() or _sha256(wheel) != _WHEEL_SHA256:
        _fetch(wheel, report)
    with zipfile.ZipFile(wheel) as archive:
        return read_rows(archive.read(_QUESTIONS).decode(), archive.read(_ANSWERS).decode())


def _fetch(wheel: Path, report: Report) -> None:
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=wheel.parent) as work:
        found = download_wheel(BFCL, Path(work), _WHEEL_BYTES, report)
        digest = _sha256(found)
        if digest != _WHEEL_SHA256:
            raise BaseSourceError(
                worded(
                    "cli.demo.wheel_sha_256_not",
                    "The wheel of {bfcl} has the SHA-256 {digest}, not "
                    "{wheel_sha256}: it is not the file that this demo was made "
                    "with, and is not used.",
                    bfcl=BFCL,
                    digest=digest,
                    wheel_sha256=_WHEEL_SHA256,
                )
            )
        found.replace(wheel)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
