from pathlib import Path

import pytest

from understudy.registry.aliases import STRICT, Leniency
from understudy.registry.catalogue import (
    BaseModel,
    Catalogue,
    InvalidCatalogueError,
    builtin_bases,
    catalogue_of,
)
from understudy.registry.tuning import FullTuning, LoraTuning

MINI = BaseModel(name="mini", directory=Path("/bases/mini"), created=1, is_builtin=True)


def catalogue(**aliases: str) -> Catalogue:
    return Catalogue(
        bases={"mini": MINI},
        aliases={name.replace("_", "-"): base for name, base in aliases.items()},
    )


def test_a_base_answers_to_its_own_name():
    found = catalogue().resolve("mini")
    assert found is not None
    assert (found.name, found.base) == ("mini", MINI)


def test_an_alias_keeps_its_name_and_points_to_its_base():
    found = catalogue(gpt_4o_2024_08_06="mini").resolve("gpt-4o-2024-08-06")
    assert found is not None
    assert (found.name, found.base) == ("gpt-4o-2024-08-06", MINI)


def test_an_undated_name_finds_the_latest_snapshot():
    known = catalogue(gpt_4o_2024_08_06="mini", gpt_4o_2024_11_20="mini", gpt_4o_2024_05_13="mini")
    found = known.resolve("gpt-4o")
    assert found is not None
    assert found.name == "gpt-4o-2024-11-20"


@pytest.mark.parametrize("requested", ["gpt-4", "gpt-4o-2024", "gpt-4o-mini", "", "GPT-4o"])
def test_a_name_that_only_looks_alike_finds_nothing(requested: str):
    assert catalogue(gpt_4o_2024_08_06="mini").resolve(requested) is None


def test_names_are_bases_and_then_aliases():
    names = [found.name for found in catalogue(gpt_4o="mini").names()]
    assert names == ["mini", "gpt-4o"]


def test_an_alias_to_nothing_is_refused_with_the_bases_that_exist():
    with pytest.raises(InvalidCatalogueError, match=r'points to "big".*the base models are: mini'):
        catalogue(gpt_4o="big")


def test_an_alias_may_not_hide_a_base():
    with pytest.raises(InvalidCatalogueError, match="has the name of a base model"):
        catalogue(mini="mini")


def test_the_built_in_bases_are_transformers_directories():
    for name, base in builtin_bases().items():
        assert base.name == name
        assert base.is_builtin
        assert (base.directory / "config.json").is_file()


def test_the_training_of_built_in_bases_can_be_chosen_too():
    catalogue = catalogue_of({}, {}, {"understudy-nano": FullTuning()})
    assert catalogue.bases["understudy-nano"].tuning == FullTuning()
    assert catalogue.bases["understudy-mini"].tuning == LoraTuning()


def test_a_training_of_a_base_that_is_not_there_is_refused():
    with pytest.raises(InvalidCatalogueError, match=r'\[models."nowhere"\] needs a line such as'):
        catalogue_of({}, {}, {"nowhere": FullTuning()})


NANO = BaseModel(name="nano", directory=Path("/bases/nano"), created=1, is_builtin=True)


def patterns(**ignored: frozenset[str]) -> Catalogue:
    return Catalogue(
        bases={"mini": MINI, "nano": NANO},
        aliases={"*": "nano", "gpt-4*": "nano", "gpt-4o*": "mini", "o*-mini": "mini", "o1": "nano"},
        ignored=ignored,
    )


@pytest.mark.parametrize(
    ("requested", "base"),
    [
        ("gpt-4-1106-preview", "nano"),
        ("gpt-4o-mini-2024-07-18", "mini"),
        ("o4-mini", "mini"),
        ("o-mini", "mini"),
        ("gpt-5.5", "nano"),
        ("Qwen/Qwen3-8B", "nano"),
    ],
)
def test_the_pattern_that_says_most_gives_a_name_its_base(requested: str, base: str):
    found = patterns().match(requested)
    assert found is not None
    assert (found.name, found.base.name) == (requested, base)


def test_of_patterns_that_say_as_much_the_longer_beginning_wins():
    known = Catalogue(
        bases={"mini": MINI, "nano": NANO}, aliases={"o*-mini": "nano", "o4-m*": "mini"}
    )
    found = known.match("o4-m-mini")
    assert found is not None
    assert found.base.name == "nano"
    level = Catalogue(bases={"mini": MINI, "nano": NANO}, aliases={"*-4o": "nano", "gpt*": "mini"})
    found = level.match("gpt-4o")
    assert found is not None
    assert found.base.name == "mini"


@pytest.mark.parametrize("requested", ["ft:gpt-4o:personal::abc", "", "a b", "gpt-4\n", "gpt-4*"])
def test_no_pattern_answers_for_a_tuned_model_or_for_what_is_no_name(requested: str):
    assert patterns().match(requested) is None


def test_a_pattern_is_no_name_of_its_own():
    assert patterns().resolve("gpt-4*") is None
    assert [found.name for found in patterns().names()] == ["mini", "nano", "o1"]


def test_a_name_has_what_its_alias_or_pattern_ignores():
    known = patterns(**{"o*-mini": frozenset({"verbosity"})})
    assert known.leniency("o4-mini") == Leniency(
        alias="o*-mini", parameters=frozenset({"verbosity"})
    )
    assert known.leniency("o1").parameters == frozenset()
    assert known.leniency("ft:o4-mini:personal::abc") == STRICT
