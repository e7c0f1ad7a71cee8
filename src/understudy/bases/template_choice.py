"""Which chat template a base gets: its own, one that was chosen, or that of its family."""

from pathlib import Path

from understudy.bases.directory import ModelDirectoryError
from understudy.chat.named_templates.fitting import (
    FittedTemplate,
    TemplateFitting,
    check_template_name,
)
from understudy.chat.named_templates.linked_base import link_base, source_of
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES, OWN
from understudy.errors import InvalidRequestError
from understudy.wording import worded


def choose_template(source: Path, choice: str | None) -> FittedTemplate | None:
    """Return the template that a base is to have instead of its own; None where it keeps that.

    Without a choice, a base that has no template gets that of its family, where just one fits.
    Raises ModelDirectoryError where the template does not fit, or none does.
    """
    if choice is None and (not (source / "tokenizer.json").is_file() or fitting_of(source).own):
        return None
    fitted = _chosen(source, choice)
    return None if fitted.name == OWN else fitted


def check_choice(choice: str | None) -> None:
    """Raise ModelDirectoryError where a choice is neither a template's name nor a file.

    That needs no base, so it comes before a download.
    """
    if choice is None or Path(choice).is_file():
        return
    try:
        check_template_name(choice)
    except InvalidRequestError as error:
        raise ModelDirectoryError(error.message) from error


def templated_directory(
    bases: Path, name: str, source: Path, fitted: FittedTemplate | None
) -> Path:
    """Return the directory to register: `source` itself, or one that links to its files."""
    if fitted is None:
        return source_of(source)
    return link_base(source, bases, name, fitted)


def fitting_of(directory: Path) -> TemplateFitting:
    """Return which templates fit a base; raises ModelDirectoryError where it cannot be read."""
    try:
        return TemplateFitting.of_directory(directory)
    except InvalidRequestError as error:
        raise ModelDirectoryError(error.message) from error


def _chosen(source: Path, choice: str | None) -> FittedTemplate:
    try:
        fitting = TemplateFitting.of_directory(source)
        if choice is not None:
            is_name = choice in NAMED_TEMPLATES or not Path(choice).is_file()
            return fitting.named(choice) if is_name else fitting.from_file(Path(choice))
        return _of_family(source, fitting)
    except InvalidRequestError as error:
        raise ModelDirectoryError(error.message) from error


def _of_family(source: Path, fitting: TemplateFitting) -> FittedTemplate:
    families = [n for n in fitting.fitting if n in NAMED_TEMPLATES and NAMED_TEMPLATES[n].tokens]
    if len(families) == 1:
        return fitting.fitting[families[0]]
    names = ", ".join(fitting.fitting) or "none"
    raise ModelDirectoryError(
        worded(
            "bases.no_chat_template_works",
            "{source} has no chat template that works. Add --chat-template "
            "NAME|FILE; of those that are shipped these fit: {names}.",
            source=source,
            names=names,
        )
    )
