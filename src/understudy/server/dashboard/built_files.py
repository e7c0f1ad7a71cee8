"""The dashboard's built files, held in memory with what is sent to a browser about each."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

BUILT_DIRECTORY = Path(__file__).parents[1] / "dashboard_files"
"""Where `scripts/build_dashboard.py` puts what it built; not in the repository."""

INDEX = "index.html"
# Vite writes a digest of the content into the names below this folder.
_HASHED = "assets/"
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_MIN_PACKED_BYTES = 1024
_PACKED_ALREADY = {".woff2", ".png"}
# Some systems' tables of types lack these, or are wrong about them.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, kw_only=True)
class DashboardFile:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    """The same, compressed by gzip; None where that saves nothing."""
    media_type: str
    cache_control: str
    etag: str


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Every built file by its path; empty when the dashboard has not been built."""

    files: Mapping[str, DashboardFile]

    @property
    def page(self) -> DashboardFile | None:
        """The page that every address of the dashboard opens."""
        return self.files.get(INDEX)


def load_dashboard(directory: Path = BUILT_DIRECTORY) -> Dashboard:
    """Read every built file."""
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return Dashboard(
        files={
            path.relative_to(directory).as_posix(): _file(directory, path)
            for path in paths
            if not path.name.startswith(".")
        }
    )


def _file(directory: Path, path: Path) -> DashboardFile:
    body = path.read_bytes()
    is_hashed = path.relative_to(directory).as_posix().startswith(_HASHED)
    is_packed = path.suffix not in _PACKED_ALREADY and len(body) >= _MIN_PACKED_BYTES
    return DashboardFile(
        body=body,
        packed=gzip.compress(body, mtime=0) if is_packed else None,
        media_type=_media_type(path),
        cache_control=_FOREVER if is_hashed else _ASK_AGAIN,
        etag=f'"{sha256(body).hexdigest()[:32]}"',
    )


def _media_type(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return guessed or "application/octet-stream"
