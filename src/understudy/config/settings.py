"""Settings of one home directory, decided: where things lie in it and how its server behaves."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from understudy.errors import UnderstudyError
from understudy.memory_amounts import MemoryAmount
from understudy.registry.moderation import ModeratorChoice, ScreeningPolicy
from understudy.registry.releases import ReleasePolicy
from understudy.registry.remote_models import RemoteEndpoint
from understudy.registry.tuning import Tuning

SETTINGS_FILE = "understudy.toml"

# A Unix socket's path is limited to 108 bytes on Linux and 104 on macOS.
_SOCKET_PATH_LIMIT_BYTES = 100


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
    share: float
    """Of the chat completions whose requests do not say, that are stored: from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Hangs:
    """When a process of the server counts as hung, and is replaced."""

    idle_seconds: float
    """It is stopped, or neither gets further nor computes, reads or writes anything."""
    busy_seconds: float
    """It computes and gets no further, not by one micro-step or answered token."""


@dataclass(frozen=True, kw_only=True)
class WandbAccount:
    """How jobs report to Weights & Biases."""

    api_key: str | None = field(repr=False)
    """None where nothing is sent."""
    is_offline: bool
    """Whether runs are only written to the disk, for `wandb sync` to send later."""
    base_url: str | None
    """Of a server of one's own; None means the public one."""


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """How much the engine may take on; a running one keeps what it started with."""

    rows: int
    """Answers of one base in the making at the same time."""
    waiting: int
    """Requests that may wait."""
    wait_seconds: float
    adapters: int
    """Adapters in memory for one base."""
    cache_memory: MemoryAmount
    """Keys and values of one base."""
    base_memory: MemoryAmount
    """Weights of all bases in memory; a single larger one is still loaded."""


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
    python_grader_seconds: float
    """How long the code of a python grader may take for one sample."""
    fetches_images: bool
    """Whether images are fetched from https URLs that files and requests name."""
    embedders: Mapping[str, Path]
    """Embedding models of this server → their directories."""
    cosine_model: str | None
    """The model whose vectors `cosine` compares; None where there is one at most."""
    aliases: Mapping[str, str]
    """A name that users ask for, or a pattern of names → the base that answers."""
    ignored_parameters: Mapping[str, frozenset[str]]
    """Aliases → the parameters that are ignored where their base cannot follow them."""
    models: Mapping[str, Path]
    """Bases that were added to this home → their directories."""
    tunings: Mapping[str, Tuning]
    """Bases, built-in ones too → how they are trained, where the file says it."""
    template_dates: Mapping[str, date]
    """Bases, built-in ones too → the day that their templates print, where the file says it."""
    remotes: Mapping[str, RemoteEndpoint]
    """Models that other servers answer for, by their names here."""
    split_turns: frozenset[str]
    """Bases whose jobs split an example that the chat template rewrites into one a learned turn."""
    private_webhooks: bool
    """Whether webhooks may be sent to private addresses, and without encryption."""
    engine: EngineChoice
    moderator: ModeratorChoice | None
    """None where no moderation model is configured."""
    moderation_policy_file: Path | None
    """The file of a written policy that the moderation model judges by; None uses ours."""
    screening: ScreeningPolicy
    screening_of_projects: Mapping[str, ScreeningPolicy]
    """Names of projects → what is different for them."""
    releases: ReleasePolicy
    """Whether tuned models are checked before they answer, and what comes of it."""
    releases_of_projects: Mapping[str, ReleasePolicy]
    """Names of projects → what is different for them."""
    hangs: Hangs
    wandb: WandbAccount | None
    """None where jobs cannot report to Weights & Biases."""

    def releases_of(self, project: str) -> ReleasePolicy:
        """Return what a project's tuned models have to be to answer, by the project's name."""
        return self.releases_of_projects.get(project, self.releases)

    def screening_of(self, project: str) -> ScreeningPolicy:
        """Return what is screened of a project's training files, by the project's name."""
        return self.screening_of_projects.get(project, self.screening)

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
    def tensorboard_directory(self) -> Path:
        """Where each job writes its curves: `<job>/`."""
        return self.home / "tensorboard"

    @property
    def wandb_directory(self) -> Path:
        """Where the client of Weights & Biases keeps its files."""
        return self.home / "wandb"

    @property
    def bases_directory(self) -> Path:
        """Where base models fetched by `understudy models add` lie."""
        return self.home / "bases"

    @property
    def exports_directory(self) -> Path:
        """Where exports of models that were asked for over HTTP lie: `<export>/`."""
        return self.home / "exports"

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
        """Create the directories of the home, for the owner only.

        Those of an earlier start are closed to others too. A directory that was there before may be
        shared, such as /tmp: then only what is in it is closed.
        """
        self.home.parent.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        status = self.home.stat()
        is_shared = status.st_mode & stat.S_ISVTX or self.home == Path.home()
        if self.pepper_file.exists() and status.st_uid == os.getuid() and not is_shared:
            self.home.chmod(stat.S_IMODE(status.st_mode) & ~0o007)
        for directory in (self.blobs_directory, self.models_directory, self.logs_directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if directory.stat().st_uid == os.getuid():
                directory.chmod(0o700)
        for directory in (self.run_directory, self.engine_socket.parent):
            directory.mkdir(mode=0o700, exist_ok=True)
            if directory.stat().st_uid != os.getuid():
                raise SettingsError(f"{directory} belongs to another user; remove it first.")
