"""Which models exist here: bases, the aliases under which users know them, and remote models."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

from understudy.errors import UnderstudyError
from understudy.registry.aliases import STRICT, Leniency, closest_pattern, is_pattern
from understudy.registry.embedders import LocalEmbedder
from understudy.registry.image_reading import reads_images
from understudy.registry.remote_models import RemoteEndpoint
from understudy.registry.tuning import LoraTuning, Tuning
from understudy.wording import worded

DEFAULT_BASE = "understudy-mini"
"""The built-in base that is used where nobody names one."""

BUILT_IN_DIRECTORY = Path(__file__).parent / "builtin"
"""Where the base models lie that ship inside this package."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class InvalidCatalogueError(UnderstudyError):
    """The configured models and aliases contradict each other or name what does not exist."""


@dataclass(frozen=True, kw_only=True)
class BaseModel:
    """A transformers directory that can be served and tuned."""

    name: str
    directory: Path
    created: int
    is_builtin: bool
    tuning: Tuning = field(default_factory=LoraTuning)
    """How jobs train it."""
    template_date: date | None = None
    """The day whose date its chat template prints; None for the day on which it is asked."""
    splits_turns: bool = False
    """Whether jobs split an example that its chat template rewrites into one a learned turn."""
    reads_images: bool = False
    """Whether it can be shown images, in training as in requests."""


@dataclass(frozen=True, kw_only=True)
class ResolvedBase:
    """A base model under the name that users see."""

    name: str
    """The alias snapshot the request resolved to, or the base's own name."""
    base: BaseModel
    leniency: Leniency = STRICT
    """What the alias says of parameters that the base cannot follow."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Every base, alias and remote model; `aliases` maps a public name to a base's name.

    An alias with a star stands for every name that fits it and that nothing else has.
    """

    bases: Mapping[str, BaseModel]
    aliases: Mapping[str, str]
    ignored: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Aliases → the parameters that are ignored where their base cannot follow them."""
    remotes: Mapping[str, RemoteEndpoint] = field(default_factory=dict[str, RemoteEndpoint])
    embedders: Mapping[str, LocalEmbedder] = field(default_factory=dict[str, LocalEmbedder])

    def __post_init__(self) -> None:
        for alias, target in self.aliases.items():
            if target not in self.bases:
                raise InvalidCatalogueError(
                    worded(
                        "models.alias_points_which_not",
                        'The alias "{alias}" points to "{target}", which is not a '
                        "base model here; the base models are: {names}.",
                        alias=alias,
                        target=target,
                        names=", ".join(self.bases) or "none",
                    )
                )
            if alias in self.bases:
                raise InvalidCatalogueError(
                    worded(
                        "models.alias_name_base_model",
                        'The alias "{alias}" has the name of a base model; choose another name.',
                        alias=alias,
                    )
                )
        for name in self.remotes:
            if what := self._other(name):
                raise InvalidCatalogueError(
                    worded(
                        "models.remote_models_name_choose",
                        '[remote_models."{name}"] has the name of {what}; choose '
                        "another name, the remote server's own name stands in its "
                        "line 'model'.",
                        name=name,
                        what=what,
                    )
                )
        for name in self.embedders:
            if what := "a remote model" if name in self.remotes else self._other(name):
                raise InvalidCatalogueError(
                    worded(
                        "models.embedding_models_name_choose",
                        '[embedding_models."{name}"] has the name of {what}; choose another name.',
                        name=name,
                        what=what,
                    )
                )

    def resolve(self, requested: str) -> ResolvedBase | None:
        """Find a base by its name, an alias, or an alias without its date (the latest one wins)."""
        if requested in self.bases:
            return ResolvedBase(name=requested, base=self.bases[requested])
        if requested in self.aliases and not is_pattern(requested):
            return self._aliased(requested)
        if requested in self.remotes or requested in self.embedders:
            return None
        snapshots = [alias for alias in self.aliases if _is_snapshot_of(alias, requested)]
        return self._aliased(max(snapshots)) if snapshots else None

    def match(self, requested: str) -> ResolvedBase | None:
        """Find the base that a pattern gives a name which nothing here has, under that very name.

        Whoever calls this has looked for everything else of that name before.
        """
        pattern = closest_pattern(self.aliases, requested)
        return None if pattern is None else self._aliased(pattern, requested)

    def leniency(self, name: str) -> Leniency:
        """Return what the alias of a name says of parameters that its base cannot follow."""
        found = self.resolve(name) or self.match(name)
        return STRICT if found is None else found.leniency

    def full_name(self, model: str | None) -> str | None:
        """Return the name that answers carry: an alias may be written without its date."""
        resolved = self.resolve(model) if model is not None else None
        return resolved.name if resolved is not None else model

    def names(self) -> list[ResolvedBase]:
        """Return every name that can be used as it is: bases first, then aliases."""
        bases = [ResolvedBase(name=name, base=base) for name, base in self.bases.items()]
        return bases + [self._aliased(alias) for alias in self.aliases if not is_pattern(alias)]

    def _other(self, name: str) -> str | None:
        if name in self.bases:
            return "a base model"
        return "an alias" if name in self.aliases else None

    def _aliased(self, alias: str, requested: str | None = None) -> ResolvedBase:
        return ResolvedBase(
            name=requested or alias,
            base=self.bases[self.aliases[alias]],
            leniency=Leniency(alias=alias, parameters=self.ignored.get(alias, frozenset())),
        )


CatalogueSource = Callable[[], Catalogue]
"""Gives the catalogue as it is now: models and aliases may be added while the server runs."""


def builtin_bases() -> dict[str, BaseModel]:
    """Return the base models whose weights ship inside this package."""
    configs = sorted(BUILT_IN_DIRECTORY.glob("*/config.json"))
    return {path.parent.name: _builtin(path) for path in configs}


def _builtin(config: Path) -> BaseModel:
    return BaseModel(
        name=config.parent.name,
        directory=config.parent,
        created=int(config.stat().st_mtime),
        is_builtin=True,
        reads_images=reads_images(config.parent),
    )


def _is_snapshot_of(alias: str, undated: str) -> bool:
    prefix = undated + "-"
    return alias.startswith(prefix) and _DATE.fullmatch(alias[len(prefix) :]) is not None


def catalogue_of(
    added: Mapping[str, Path],
    aliases: Mapping[str, str],
    tunings: Mapping[str, Tuning],
    template_dates: Mapping[str, date] = MappingProxyType({}),
    split_turns: Collection[str] = (),
    remotes: Mapping[str, RemoteEndpoint] = MappingProxyType({}),
    embedders: Mapping[str, Path] = MappingProxyType({}),
    ignored: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Catalogue:
    """Join the built-in bases with the directories, aliases and remote models of the settings.

    `tunings` says how bases are trained, built-in ones included, where it is not as usual,
    `template_dates` which day their templates print, and `split_turns` whose examples are split;
    `ignored`, which parameters an alias ignores where its base cannot follow them.

    Raises InvalidCatalogueError when an alias points nowhere or hides a base, when a remote model
    has the name of either, or when something is said of a base that is not there.
    """
    bases = builtin_bases() | {
        name: BaseModel(
            name=name,
            directory=directory,
            created=_changed_at(directory / "config.json"),
            is_builtin=False,
            reads_images=reads_images(directory),
        )
        for name, directory in added.items()
    }
    for name in (*tunings, *template_dates, *split_turns):
        if name not in bases:
            raise InvalidCatalogueError(
                worded(
                    "models.models_needs_line_such",
                    '[models."{name}"] needs a line such as directory = '
                    '"/data/model", because there is no built-in base of that name.',
                    name=name,
                )
            )
        bases[name] = replace(
            bases[name],
            tuning=tunings.get(name, bases[name].tuning),
            template_date=template_dates.get(name),
            splits_turns=name in split_turns,
        )
    return Catalogue(
        bases=bases,
        aliases=aliases,
        ignored=ignored,
        remotes=remotes,
        embedders={
            name: LocalEmbedder(name=name, directory=directory)
            for name, directory in embedders.items()
        },
    )


def _changed_at(path: Path) -> int:
    """Return the date to show for a base; one whose files are away for now has none."""
    return int(path.stat().st_mtime) if path.exists() else 0
