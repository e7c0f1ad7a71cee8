"""The commands by name, each imported when it is asked for: one starts without all others."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

Command = TyperCommand | TyperGroup


class Commands(MutableMapping[str, Command]):
    """A mapping whose values are imported from `module:attribute` at their first use.

    What stands there is a function, which becomes a command, or a typer with commands of its own.
    """

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        """Return a command; raises KeyError."""
        if name not in self._loaded:
            module, _, attribute = self._places[name].partition(":")
            self._loaded[name] = _command(name, getattr(import_module(module), attribute))
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        """Add a command that is imported already."""
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        """Forget a command; raises KeyError."""
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        """Name all commands in their order, without an import."""
        return iter(self._places)

    def __len__(self) -> int:
        """Count them."""
        return len(self._places)


def _command(name: str, made: Any) -> Command:
    command = typer.Typer(add_completion=False, rich_markup_mode="rich")
    if isinstance(made, typer.Typer):
        command.add_typer(made, name=name)
        group = typer.main.get_group(command)
        return group.commands[name]  # pyright: ignore[reportReturnType]
    command.command(name)(made)
    return typer.main.get_command(command)  # pyright: ignore[reportReturnType]
