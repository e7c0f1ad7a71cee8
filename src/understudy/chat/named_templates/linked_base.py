"""A base with a chosen chat template: a directory of its own that links to the base's files."""

import json
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from understudy.chat.named_templates.fitting import FittedTemplate
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES, OWN

_SOURCE = "base"
_RECORD = "understudy_template.json"
_TEMPLATE = "chat_template.jinja"
_GENERATION = "generation_config.json"
_TOKENIZER_CONFIG = "tokenizer_config.json"
# What a model needs and what no model is harmed by; above all no code and no pickled weights.
_LINKED = ("*.safetensors", "*.json", "*.model", "*.txt")


def link_base(source: Path, parent: Path, base_name: str, fitted: FittedTemplate) -> Path:
    """Make a directory with the files of `source` and another chat template; it appears complete.

    Nothing in `source` is changed. The directory's name says what is in it, so a base that gets
    another template gets another directory, and whoever uses the one before keeps it.
    """
    source = source_of(source).resolve()
    written = _written(source, fitted)
    linked = {file.name: file for pattern in _LINKED for file in sorted(source.glob(pattern))}
    names = sorted(linked.keys() - written.keys() - {"chat_template.json"})
    content = json.dumps([str(source), names, written]).encode()
    label = fitted.name if fitted.name in NAMED_TEMPLATES else Path(fitted.name).stem
    own_name = f"{base_name.replace('/', '--')}@{label}-{sha256(content).hexdigest()[:12]}"
    target = parent / own_name
    if target.is_dir():
        return target
    unfinished = parent / f".{own_name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        for name in names:
            (unfinished / name).symlink_to(linked[name])
        (unfinished / _SOURCE).symlink_to(source, target_is_directory=True)
        for name, text in written.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return target


def source_of(directory: Path) -> Path:
    """Return the directory whose weights and tokenizer a linked base has; any other as it is."""
    link = directory / _SOURCE
    return link.readlink() if link.is_symlink() else directory


def is_same_base(left: Path, right: Path) -> bool:
    """Whether two directories have the same weights and differ in their chat template at most."""
    return source_of(left).resolve() == source_of(right).resolve()


def template_name_of(directory: Path) -> str:
    """Return the name of the chat template of a base, `own` where none was chosen."""
    record = directory / _RECORD
    if not (directory / _SOURCE).is_symlink() or not record.is_file():
        return OWN
    return str(json.loads(record.read_text(encoding="utf-8"))["template"])


def _written(source: Path, fitted: FittedTemplate) -> Mapping[str, str]:
    tokenizer = _read_json(source / _TOKENIZER_CONFIG)
    # The file counts, but programs differ in which of the two they look at first.
    tokenizer.pop("chat_template", None)
    ends = {"eos_token_id": list(fitted.renderer.stop_ids)}
    return {
        _TEMPLATE: fitted.source,
        _GENERATION: json.dumps(_read_json(source / _GENERATION) | ends, indent=2),
        _TOKENIZER_CONFIG: json.dumps(tokenizer, indent=2, ensure_ascii=False),
        _RECORD: json.dumps({"template": fitted.name}),
    }


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
