"""What leaves beside the weights: tokenizer, chat template, and the licence of the base."""

import re
import shutil
from pathlib import Path

from understudy.chat.named_templates.linked_base import source_of
from understudy.modeling.whole_models import read_companions

TEMPLATE = "chat_template.jinja"
_LICENCE = re.compile(r"(licen[cs]e|notice|copying|use[_-]policy)(\..*)?", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LICENCE_LINE = re.compile(r"^license(?:_name)?:\s*(\S+)\s*$", re.MULTILINE)


def write_tokenizer(target: Path, base: Path, template: str) -> None:
    """Write tokenizer, generation settings and chat template of a base."""
    for name, content in read_companions(base).items():
        (target / name).write_bytes(content)
    write_template(target, template)


def write_template(target: Path, template: str) -> None:
    """Write the chat template, byte for byte as the server reads it."""
    (target / TEMPLATE).write_text(template, encoding="utf-8", newline="")


def copy_licences(target: Path, base: Path) -> list[str]:
    """Copy the licence files of a base; returns their names."""
    files = [path for path in sorted(source_of(base).iterdir()) if _LICENCE.fullmatch(path.name)]
    files = [path for path in files if path.is_file()]
    for path in files:
        shutil.copyfile(path, target / path.name)
    return [path.name for path in files]


def licence_id(base: Path) -> str | None:
    """Return the licence that the model card of a base names, or None."""
    card = source_of(base) / "README.md"
    if not card.is_file():
        return None
    matter = _FRONT_MATTER.search(card.read_text(encoding="utf-8", errors="replace"))
    found = matter and _LICENCE_LINE.search(matter[1])
    return found[1].strip("\"'") if found else None
