"""Settings of one home directory: where things lie in it and what `understudy.toml` says."""

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeGuard

from understudy.errors import UnderstudyError

SETTINGS_FILE = "understudy.toml"

# A Unix socket's path is limited to 108 bytes on Linux and 104 on macOS.
_SOCKET_PATH_LIMIT_BYTES = 100

_KNOWN_KEYS = frozenset(
    {
        "organization",
        "result_file_encoding",
        "database_url",
        "keep_answers_days",
        "store_by_default",
        "projects",
        "aliases",
        "models",
    }
)
_PROJECT_KEYS = frozenset({"keep_answers_days", "store_by_default"})
_KEEP_ANSWERS_DAYS = 30
_MOST_DAYS = 36_500


class SettingsError(UnderstudyError):
    """`understudy.toml` says something that cannot be followed; the text says what and where."""


class ResultFileEncoding(StrEnum):
    """How the body of a job's `step_metrics.csv` is served."""

    BASE64 = "base64"
    PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class AnswerKeeping:
    """Which answers are stored, and for how long."""

    days: int
    """How long a stored chat completion or response stays."""
    is_default: bool
    """Whether chat completions are stored when the request does not say."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a process needs to know about its home, decided."""

    home: Path
    organization: str
    """Slug that stands in the names of tuned models: `ft:<base>:<organization>:…`."""
    result_file_encoding: ResultFileEncoding
    database_url: str
    answers: AnswerKeeping
    answers_of_projects: Mapping[str, AnswerKeeping]
    """Names of projects → what is different for them."""
    aliases: Mapping[str, str]
    """A name that users ask for → the name of the base that answers."""
    models: Mapping[str, Path]
    """Bases that were added to this home → their directories."""

    def answers_of(self, project: str) -> AnswerKeeping:
        """Return which answers of a project are stored, by the project's name."""
        return self.answers_of_projects.get(project, self.answers)

    @property
    def settings_file(self) -> Path:
        """The file that these settings came from; it need not exist."""
        return self.home / SETTINGS_FILE

    @property
    def blobs_directory(self) -> Path:
        """Where uploaded and produced files lie, by content."""
        return self.home / "blobs"

    @property
    def models_directory(self) -> Path:
        """Where checkpoints are published: `<job>/step-<n>/`."""
        return self.home / "models"

    @property
    def bases_directory(self) -> Path:
        """Where base models fetched by `understudy models add` lie."""
        return self.home / "bases"

    @property
    def logs_directory(self) -> Path:
        """Where each process writes its log."""
        return self.home / "logs"

    @property
    def pepper_file(self) -> Path:
        """The secret under which keys are digested; kept apart from the database on purpose."""
        return self.home / "pepper"

    @property
    def run_directory(self) -> Path:
        """Where locks and sockets of a running server lie."""
        return self.home / "run"

    @property
    def engine_socket(self) -> Path:
        """The Unix socket of the engine; outside the home when the home's path is too long."""
        inside = self.run_directory / "engine.sock"
        if len(os.fsencode(inside)) <= _SOCKET_PATH_LIMIT_BYTES:
            return inside
        key = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"understudy-{os.getuid()}-{key}" / "engine.sock"

    def make_directories(self) -> None:
        """Create the directories of the home; those with a socket only for the owner."""
        for directory in (
            self.home,
            self.blobs_directory,
            self.models_directory,
            self.logs_directory,
        ):
            directory.mkdir(parents=True, exist_ok=True)
        for directory in (self.run_directory, self.engine_socket.parent):
            directory.mkdir(mode=0o700, exist_ok=True)
            if directory.stat().st_uid != os.getuid():
                raise SettingsError(f"{directory} belongs to another user; remove it first.")


def load_settings(home: Path) -> Settings:
    """Read the settings of `home`; a missing `understudy.toml` means the defaults.

    Raises SettingsError, in words for the person who wrote the file.
    """
    home = home.expanduser().absolute()
    path = home / SETTINGS_FILE
    document = _read_document(path)
    unknown = sorted(set(document) - _KNOWN_KEYS)
    if unknown:
        raise SettingsError(
            f"{path}: '{unknown[0]}' is not a setting; known are {', '.join(sorted(_KNOWN_KEYS))}."
        )
    usual = AnswerKeeping(days=_KEEP_ANSWERS_DAYS, is_default=False)
    answers = _answers(path, document, usual)
    return Settings(
        home=home,
        organization=_text(path, document, "organization", default="personal"),
        result_file_encoding=_encoding(path, document),
        database_url=_text(
            path, document, "database_url", default=f"sqlite:///{home / 'understudy.db'}"
        ),
        answers=answers,
        answers_of_projects=_answers_of_projects(path, document, answers),
        aliases=_aliases(path, document),
        models=_models(path, document),
    )


class SettingsSource:
    """The settings of a home as they are now: read again whenever `understudy.toml` changes.

    A process that is already serving keeps its last good settings while the file cannot be
    read, so that a half-edited file stops nobody; `problem` then says what is wrong with it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stamp = _stamp_of(home / SETTINGS_FILE)
        self._settings = load_settings(home)
        self.problem: str | None = None

    def __call__(self) -> Settings:
        """Return the current settings."""
        stamp = _stamp_of(self._settings.settings_file)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._settings = load_settings(self._home)
                self.problem = None
            except SettingsError as error:
                self.problem = error.message
        return self._settings


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error


def _text(path: Path, document: Mapping[str, Any], key: str, *, default: str) -> str:
    value = document.get(key, default)
    if not isinstance(value, str) or not value:
        raise SettingsError(f'{path}: {key} must be a text, for example {key} = "{default}".')
    return value


def _encoding(path: Path, document: Mapping[str, Any]) -> ResultFileEncoding:
    text = _text(path, document, "result_file_encoding", default=ResultFileEncoding.BASE64)
    try:
        return ResultFileEncoding(text)
    except ValueError as error:
        raise SettingsError(
            f'{path}: result_file_encoding must be "base64" or "plain", not "{text}".'
        ) from error


def _answers(path: Path, table: Mapping[str, Any], usual: AnswerKeeping) -> AnswerKeeping:
    days = table.get("keep_answers_days", usual.days)
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _MOST_DAYS:
        raise SettingsError(
            f"{path}: keep_answers_days must be a whole number from 1 to {_MOST_DAYS}."
        )
    is_default = table.get("store_by_default", usual.is_default)
    if not isinstance(is_default, bool):
        raise SettingsError(f"{path}: store_by_default must be true or false.")
    return AnswerKeeping(days=days, is_default=is_default)


def _answers_of_projects(
    path: Path, document: Mapping[str, Any], usual: AnswerKeeping
) -> dict[str, AnswerKeeping]:
    projects = document.get("projects", {})
    if not _is_table(projects):
        raise SettingsError(f"{path}: write each project as [projects.NAME] with its settings.")
    found: dict[str, AnswerKeeping] = {}
    for name, table in projects.items():
        if not _is_table(table) or not set(table) <= _PROJECT_KEYS:
            raise SettingsError(
                f'{path}: [projects."{name}"] takes {" and ".join(sorted(_PROJECT_KEYS))}.'
            )
        found[name] = _answers(path, table, usual)
    return found


def _aliases(path: Path, document: Mapping[str, Any]) -> dict[str, str]:
    table = document.get("aliases", {})
    if not _is_table(table):
        raise SettingsError(f'{path}: [aliases] must be a table of "name" = "base" lines.')
    aliases: dict[str, str] = {}
    for name, base in table.items():
        if not isinstance(base, str) or not name or not base:
            raise SettingsError(f'{path}: [aliases] needs lines such as "{name}" = "base name".')
        aliases[name] = base
    return aliases


def _models(path: Path, document: Mapping[str, Any]) -> dict[str, Path]:
    table = document.get("models", {})
    if not _is_table(table):
        raise SettingsError(f'{path}: write each base as [models."NAME"] with a directory line.')
    models: dict[str, Path] = {}
    for name, entry in table.items():
        directory = entry.get("directory") if _is_table(entry) else None
        if not isinstance(directory, str) or not directory:
            raise SettingsError(
                f'{path}: [models."{name}"] needs a line such as directory = "/data/model".'
            )
        models[name] = (path.parent / Path(directory).expanduser()).absolute()
    return models


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
