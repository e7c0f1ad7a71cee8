"""The catalogue as a home's settings are now, for processes that outlive a change of them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

from understudy.registry.catalogue import Catalogue, InvalidCatalogueError, catalogue_of
from understudy.registry.remote_models import RemoteEndpoint
from understudy.registry.tuning import Tuning


class ModelSettings(Protocol):
    """What the catalogue needs to know of the settings."""

    @property
    def models(self) -> Mapping[str, Path]:
        """Bases that were added to this home → their directories."""
        ...

    @property
    def aliases(self) -> Mapping[str, str]:
        """A name that users ask for, or a pattern of names → the base that answers."""
        ...

    @property
    def ignored_parameters(self) -> Mapping[str, frozenset[str]]:
        """Aliases → the parameters that are ignored where their base cannot follow them."""
        ...

    @property
    def tunings(self) -> Mapping[str, Tuning]:
        """Bases → how they are trained, where it is not as usual."""
        ...

    @property
    def template_dates(self) -> Mapping[str, date]:
        """Bases → the day that their chat templates print, where it is not the day's own."""
        ...

    @property
    def remotes(self) -> Mapping[str, RemoteEndpoint]:
        """Models that other servers answer for, by their names here."""
        ...

    @property
    def embedders(self) -> Mapping[str, Path]:
        """Embedding models of this server → their directories."""
        ...

    @property
    def split_turns(self) -> Collection[str]:
        """Bases whose jobs split an example that the chat template rewrites into one a turn."""
        ...


class LiveCatalogue:
    """The catalogue as `understudy.toml` says now; while that is wrong, as it last was right."""

    def __init__(self, source: Callable[[], ModelSettings]) -> None:
        self._source = source
        self._settings = source()
        self._catalogue = catalogue_of_settings(self._settings)

    def __call__(self) -> Catalogue:
        """Return the current catalogue."""
        settings = self._source()
        if settings is not self._settings:
            self._settings = settings
            try:
                self._catalogue = catalogue_of_settings(settings)
            except InvalidCatalogueError:
                return self._catalogue
        return self._catalogue


def catalogue_of_settings(settings: ModelSettings) -> Catalogue:
    """Return the catalogue that settings describe; raises InvalidCatalogueError."""
    return catalogue_of(
        settings.models,
        settings.aliases,
        settings.tunings,
        settings.template_dates,
        settings.split_turns,
        settings.remotes,
        settings.embedders,
        settings.ignored_parameters,
    )
