"""The base models and aliases of a home, as its settings name them."""

from understudy.config import Settings
from understudy.registry.catalogue import BaseModel, Catalogue, builtin_bases


def catalogue_of(settings: Settings) -> Catalogue:
    """Join the built-in bases with those of `understudy.toml`.

    Raises InvalidCatalogueError when an alias points nowhere or hides a base.
    """
    added = {
        name: BaseModel(name=name, directory=directory, created=0, is_builtin=False)
        for name, directory in settings.models.items()
    }
    return Catalogue(bases=builtin_bases() | added, aliases=settings.aliases)
