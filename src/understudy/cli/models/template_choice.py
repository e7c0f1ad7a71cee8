"""Shows the chat template of a base and what works with it, and gives it another one."""

import os
from pathlib import Path

from understudy.bases.directory import ModelDirectoryError
from understudy.bases.template_choice import choose_template, fitting_of, templated_directory
from understudy.chat.named_templates.linked_base import source_of, template_name_of
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES, OWN
from understudy.chat.named_templates.words import findings_in_lines, set_template_command
from understudy.cli.console import out
from understudy.cli.home_option import DEFAULT_HOME
from understudy.config.settings import Settings
from understudy.config.settings_file import ModelEntries
from understudy.registry.catalogue import builtin_bases
from understudy.wording import worded


def change_template(settings: Settings, name: str, choice: str) -> None:
    """Give a base that was added another chat template, for what comes from now on.

    Raises ModelDirectoryError where there is no such base, or the template does not fit it.
    """
    name = settings.aliases.get(name, name)
    if name in builtin_bases():
        raise ModelDirectoryError(
            worded(
                "cli.models.built_keeps_own_chat",
                "'{name}' is built in and keeps its own chat template.",
                name=name,
            )
        )
    if name not in settings.models:
        added = ", ".join(settings.models) or "none"
        raise ModelDirectoryError(
            worded(
                "cli.models.no_base_model_added",
                "No base model '{name}' was added to {home}; added were: {added}. A "
                "server with another home needs --home here too.",
                name=name,
                home=settings.home,
                added=added,
            )
        )
    source = source_of(settings.models[name])
    directory = templated_directory(
        settings.bases_directory, name, source, choose_template(source, choice)
    )
    ModelEntries(settings.settings_file).move(name, directory)
    out.print(
        worded(
            "cli.models.chat_template_now",
            "{name} has the chat template {choice} now.",
            name=name,
            choice=choice,
        ),
        markup=False,
        style="bold green",
    )
    show_template(settings, name, directory)
    out.print(
        worded(
            "cli.models.models_tuned_before_jobs",
            "  Models that were tuned before, and jobs that run, keep the one they had.",
        )
    )


def show_template(settings: Settings, name: str, directory: Path) -> None:
    """Print which template a base has, what works with it, and what would give it more."""
    fitting = fitting_of(directory)
    template = template_name_of(directory)
    out.print(
        worded(
            "cli.models.chat_template",
            "  chat template: {template}",
            template=_described(template),
        ),
        markup=False,
    )
    if fitting.own is None:
        return
    for line in findings_in_lines(fitting.own.findings):
        out.print(f"    {line}", markup=False)
    if (better := fitting.recommended) is not None:
        home = _home_option(settings.home)
        command = set_template_command(name, better) + home
        out.print(
            worded(
                "cli.models.chat_template_fits_gives",
                "  The chat template {better} fits and gives it:",
                better=better,
            ),
            markup=False,
        )
        for line in findings_in_lines(fitting.fitting[better].findings):
            out.print(f"    {line}", markup=False)
        out.print(
            worded(
                "cli.models.take_type",
                "    to take it, type: {command}",
                command=command,
            ),
            markup=False,
            soft_wrap=True,
        )


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
