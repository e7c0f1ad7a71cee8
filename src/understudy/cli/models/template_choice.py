"""The chat template of a base: which fits, what works with it, and giving it another one."""

import os
from pathlib import Path

from understudy.chat.named_templates.fitting import FittedTemplate, TemplateFitting
from understudy.chat.named_templates.linked_base import link_base, source_of, template_name_of
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES, OWN
from understudy.chat.named_templates.words import findings_in_lines, set_template_command
from understudy.cli.console import out
from understudy.cli.home_option import DEFAULT_HOME
from understudy.cli.models.directory import ModelDirectoryError
from understudy.cli.settings_file import write_model_directory
from understudy.config.settings import Settings
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import builtin_bases


def choose_template(source: Path, choice: str | None) -> FittedTemplate | None:
    """Return the template that a base is to have instead of its own; None where it keeps that.

    Without a choice, a base that has no template gets that of its family, where just one fits.
    Raises ModelDirectoryError where the template does not fit, or none does.
    """
    if choice is None and (not (source / "tokenizer.json").is_file() or _fitting(source).own):
        return None
    fitted = _chosen(source, choice)
    return None if fitted.name == OWN else fitted


def templated_directory(
    settings: Settings, name: str, source: Path, fitted: FittedTemplate | None
) -> Path:
    """Return the directory to register: `source` itself, or one that links to its files."""
    if fitted is None:
        return source_of(source)
    return link_base(source, settings.bases_directory, name, fitted)


def change_template(settings: Settings, name: str, choice: str) -> None:
    """Give a base that was added another chat template, for what comes from now on.

    Raises ModelDirectoryError where there is no such base, or the template does not fit it.
    """
    name = settings.aliases.get(name, name)
    if name in builtin_bases():
        raise ModelDirectoryError(f"'{name}' is built in and keeps its own chat template.")
    if name not in settings.models:
        added = ", ".join(settings.models) or "none"
        raise ModelDirectoryError(
            f"No base model '{name}' was added to {settings.home}; added were: {added}. "
            "A server with another home needs --home here too."
        )
    source = source_of(settings.models[name])
    directory = templated_directory(settings, name, source, choose_template(source, choice))
    write_model_directory(settings.settings_file, name, directory)
    out.print(f"{name} has the chat template {choice} now.", markup=False, style="bold green")
    show_template(settings, name, directory)
    out.print("  Models that were tuned before, and jobs that run, keep the one they had.")


def show_template(settings: Settings, name: str, directory: Path) -> None:
    """Print which template a base has, what works with it, and what would give it more."""
    fitting = _fitting(directory)
    template = template_name_of(directory)
    out.print(f"  chat template: {_described(template)}", markup=False)
    if fitting.own is None:
        return
    for line in findings_in_lines(fitting.own.findings):
        out.print(f"    {line}", markup=False)
    if (better := fitting.recommended) is not None:
        home = _home_option(settings.home)
        command = set_template_command(name, better) + home
        out.print(f"  The chat template {better} fits and gives it:", markup=False)
        for line in findings_in_lines(fitting.fitting[better].findings):
            out.print(f"    {line}", markup=False)
        out.print(f"    to take it, type: {command}", markup=False, soft_wrap=True)


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
        f"{source} has no chat template that works. Add --chat-template NAME|FILE; of those that "
        f"are shipped these fit: {names}."
    )


def _fitting(directory: Path) -> TemplateFitting:
    try:
        return TemplateFitting.of_directory(directory)
    except InvalidRequestError as error:
        raise ModelDirectoryError(error.message) from error


def _described(template: str) -> str:
    if template == OWN:
        return "the base's own"
    if template in NAMED_TEMPLATES:
        shipped = NAMED_TEMPLATES[template]
        return f"{template}, with tool calls {shipped.calls}"
    return template


def _home_option(home: Path) -> str:
    is_found = "UNDERSTUDY_HOME" in os.environ or home == DEFAULT_HOME.expanduser()
    return "" if is_found else f" --home {home}"
