"""What a server can do with its bases: show them with their users, add one, remove one."""

from dataclasses import dataclass
from pathlib import Path

from understudy.bases.adding import NewBase
from understudy.bases.additions import UNENDED, Addition
from understudy.bases.child_process import ChildFailedError, ChildStalledError
from understudy.bases.directory import ModelDirectoryError
from understudy.bases.fit import MachineMemory, MemoryLook
from understudy.bases.names import check_name
from understudy.bases.removal import Removed, remove_base, users_of
from understudy.errors import InvalidRequestError, UnavailableError
from understudy.ids import unix_now
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.schemas.bases.bases import AddBase
from understudy.server.services import BaseChanges
from understudy.storage.database import Database
from understudy.wording import worded

_RECENT_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class UsedBase:
    """A base that is here, and what needs it."""

    base: BaseModel
    used_by: list[str]


def list_bases(db: Database, catalogue: Catalogue) -> list[UsedBase]:
    """Return the bases that are here; the users of built-in ones are of no interest."""
    with db.read() as session:
        return [
            UsedBase(
                base=base,
                used_by=[] if base.is_builtin else users_of(base.name, catalogue, session),
            )
            for base in catalogue.bases.values()
        ]


def recent_additions(changes: BaseChanges) -> list[Addition]:
    """Return the additions of the last day and those that have not ended, newest first."""
    since = unix_now() - _RECENT_SECONDS
    found = changes.launcher.all()
    return [a for a in found if a.status in UNENDED or a.created_at >= since]


def machine_of(memory: MemoryLook) -> MachineMemory:
    """Return the machine's memory; raises UnavailableError when it cannot be looked at."""
    try:
        return memory()
    except (ChildFailedError, ChildStalledError) as error:
        raise UnavailableError(
            worded(
                "bases.memory_machine_cannot_looked",
                "The memory of this machine cannot be looked at: {message}.",
                message=error.message,
            ),
            retry_after_seconds=30.0,
        ) from error


def add_base(changes: BaseChanges, catalogue: Catalogue, request: AddBase) -> Addition:
    """Begin to add a base; raises InvalidRequestError for what cannot become one."""
    sources = [request.hub_id, request.directory, request.gguf]
    if sum(source is not None for source in sources) > 1:
        raise InvalidRequestError(
            worded(
                "bases.give_one_hub_id",
                "Give one of hub_id, directory and gguf.",
            ),
            param="directory",
        )
    if request.name in catalogue.bases:
        raise InvalidRequestError(
            worded(
                "bases.here_already_remove_first",
                "'{name}' is here already; remove it first, or choose another name.",
                name=request.name,
            ),
            param="name",
        )
    try:
        check_name(request.name, catalogue)
    except ModelDirectoryError as error:
        raise InvalidRequestError(error.message, param="name") from error
    if request.copy_files and request.directory is None:
        raise InvalidRequestError(
            worded(
                "bases.only_directory_can_copied",
                "Only a directory can be copied.",
            ),
            param="copy_files",
        )
    new = NewBase(
        name=request.name,
        hub_id=request.hub_id,
        directory=_path(request.directory, "directory"),
        gguf=_path(request.gguf, "gguf"),
        is_copied=request.copy_files,
    )
    return changes.launcher.add(new, now=unix_now())


def remove(changes: BaseChanges, db: Database, catalogue: Catalogue, name: str) -> Removed:
    """Remove a base that nothing uses; raises as `remove_base` does."""
    return remove_base(
        name,
        catalogue=catalogue,
        bases_directory=changes.directory,
        entries=changes.entries,
        database=db,
    )


def _path(given: str | None, param: str) -> Path | None:
    if given is None:
        return None
    path = Path(given).expanduser()
    if not path.is_absolute():
        raise InvalidRequestError(
            worded(
                "bases.not_whole_path_begin",
                "'{given}' is not a whole path: begin at /, on the server's machine.",
                given=given[:200],
            ),
            param=param,
        )
    if not (path.is_dir() if param == "directory" else path.is_file()):
        kind = "directory" if param == "directory" else "file"
        raise InvalidRequestError(
            worded(
                "bases.there_no_server_machine",
                "There is no {kind} {given} on the server's machine.",
                kind=kind,
                given=given[:200],
            ),
            param=param,
        )
    return path
