"""Reads `understudy.toml`, and reads it again whenever it changes."""

import os
import tomllib
from pathlib import Path
from typing import Any

from understudy.config.document import (
    KeepingTable,
    ModelTable,
    SettingsDocument,
    WandbTable,
    read_document,
)
from understudy.config.safety import USUAL_SCREENING, check_choice
from understudy.config.settings import (
    SETTINGS_FILE,
    AnswerKeeping,
    Hangs,
    Settings,
    SettingsError,
    WandbAccount,
)
from understudy.file_stamps import stamp_of
from understudy.registry.catalogue import builtin_bases
from understudy.registry.moderation import ModeratorChoice
from understudy.registry.releases import ReleasePolicy
from understudy.registry.remote_models import RemoteTask

_WANDB_KEY_VARIABLE = "WANDB_API_KEY"
_USUAL_KEEPING = AnswerKeeping(days=30, share=0.0)


def load_settings(home: Path) -> Settings:
    """Read the settings of `home`; a missing `understudy.toml` means the defaults.

    Raises SettingsError, in words for the person who wrote the file.
    """
    home = home.expanduser().absolute()
    path = home / SETTINGS_FILE
    content = _read_toml(path)
    try:
        return _decided(home, read_document(content))
    except SettingsError as error:
        raise SettingsError(f"{path}: {error.message}") from error


class SettingsSource:
    """The settings of a home as they are now: read again whenever `understudy.toml` changes.

    A process that is already serving keeps its last good settings while the file cannot be
    read, so that a half-edited file stops nobody; `problem` then says what is wrong with it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stamp = stamp_of(home / SETTINGS_FILE)
        self._settings = load_settings(home)
        self.problem: str | None = None

    def __call__(self) -> Settings:
        """Return the current settings."""
        stamp = stamp_of(self._settings.settings_file)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._settings = load_settings(self._home)
                self.problem = None
            except SettingsError as error:
                self.problem = error.message
        return self._settings


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error


def _decided(home: Path, document: SettingsDocument) -> Settings:
    answers = _keeping(document, _USUAL_KEEPING)
    screening = document.safety.policy(USUAL_SCREENING)
    releases = document.safety.release_policy(
        ReleasePolicy(), requires_screening=screening.is_required
    )
    return Settings(
        home=home,
        organization=document.organization,
        result_file_encoding=document.result_file_encoding,
        database_url=document.database_url or f"sqlite:///{home / 'understudy.db'}",
        answers=answers,
        answers_of_projects={
            name: _keeping(table, answers) for name, table in document.projects.items()
        },
        python_grader_seconds=document.python_grader_seconds,
        fetches_images=document.fetch_images,
        embedders={
            name: (home / Path(table.directory).expanduser()).absolute()
            for name, table in document.embedding_models.items()
        },
        cosine_model=document.cosine_model,
        aliases={
            name: entry if isinstance(entry, str) else entry.base
            for name, entry in document.aliases.items()
        },
        ignored_parameters={
            name: frozenset(entry.ignore)
            for name, entry in document.aliases.items()
            if not isinstance(entry, str)
        },
        models=_directories(home, document.models),
        tunings={
            name: table.tuning() for name, table in document.models.items() if table.has_tuning
        },
        template_dates={
            name: table.template_date
            for name, table in document.models.items()
            if table.template_date is not None
        },
        remotes={
            name: table.endpoint(name, created=_changed_at(home / SETTINGS_FILE))
            for name, table in document.remote_models.items()
        },
        split_turns=frozenset(name for name, table in document.models.items() if table.split_turns),
        private_webhooks=document.webhooks.private_addresses,
        engine=document.engine.choice(),
        moderator=_moderator(home, document),
        moderation_policy_file=_policy_file(home, document.safety.policy_file),
        screening=screening,
        screening_of_projects={
            name: table.safety.policy(screening) for name, table in document.projects.items()
        },
        releases=releases,
        releases_of_projects={
            name: table.safety.release_policy(
                releases, requires_screening=table.safety.policy(screening).is_required
            )
            for name, table in document.projects.items()
        },
        hangs=Hangs(
            idle_seconds=document.hangs.idle_seconds, busy_seconds=document.hangs.busy_seconds
        ),
        wandb=_account(document.wandb, os.environ.get(_WANDB_KEY_VARIABLE)),
    )


def _moderator(home: Path, document: SettingsDocument) -> ModeratorChoice | None:
    table = document.safety
    choice = table.choice(_policy(_policy_file(home, table.policy_file)))
    remotes = {
        name: entry.task is RemoteTask.MODERATION
        for name, entry in document.remote_models.items()
        if entry.task is not RemoteTask.EMBEDDING
    }
    check_choice(choice, {*builtin_bases(), *document.models, *document.aliases}, remotes)
    return choice


def _policy_file(home: Path, name: str | None) -> Path | None:
    return None if name is None else home / Path(name).expanduser()


def _policy(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SettingsError(f"[safety] policy_file {path} is no UTF-8 text.") from error
    except OSError as error:
        raise SettingsError(
            f"[safety] policy_file {path} cannot be read: {error.strerror}."
        ) from error
    if not text:
        raise SettingsError(f"[safety] policy_file {path} is empty; write the policy into it.")
    return text


def _keeping(table: KeepingTable, usual: AnswerKeeping) -> AnswerKeeping:
    days, share = table.keep_answers_days, table.share
    return AnswerKeeping(
        days=usual.days if days is None else days,
        share=usual.share if share is None else share,
    )


def _directories(home: Path, models: dict[str, ModelTable]) -> dict[str, Path]:
    return {
        name: (home / Path(table.directory).expanduser()).absolute()
        for name, table in models.items()
        if table.directory is not None
    }


def _changed_at(path: Path) -> int:
    return int(path.stat().st_mtime) if path.exists() else 0


def _account(table: WandbTable, inherited: str | None) -> WandbAccount | None:
    api_key = inherited if table.api_key is None else table.api_key
    is_offline = table.mode == "offline"
    if api_key is None and not is_offline:
        return None
    return WandbAccount(api_key=api_key, is_offline=is_offline, base_url=table.base_url)
