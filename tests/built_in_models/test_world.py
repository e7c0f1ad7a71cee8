from random import Random

import pytest

from built_in_models.world import Split, World, split_of

TRAINING, HELD_OUT = World.of(Split.TRAINING), World.of(Split.HELD_OUT)


@pytest.mark.parametrize("world", [TRAINING, HELD_OUT])
def test_a_world_draws_only_entities_of_its_own_split(world: World):
    rng = Random(1)
    for _ in range(300):
        assert split_of(world.word(rng)) is world.split
        assert split_of(world.code(rng)) is world.split
        assert split_of(world.plain_word(rng, 6)) is world.split


def test_no_real_name_or_city_is_in_both_splits():
    for kind in ("first_names", "surnames", "places"):
        training, held_out = set(getattr(TRAINING, kind)), set(getattr(HELD_OUT, kind))
        assert training
        assert held_out
        assert not training & held_out


def test_capitals_do_not_move_an_entity_to_the_other_split():
    for word in ("zorba", "kelmor", "san antonio"):
        assert split_of(word) is split_of(word.upper())


def test_about_one_entity_in_eight_is_held_out():
    rng = Random(2)
    drawn = [TRAINING.first_names[0] + str(rng.random()) for _ in range(4000)]
    share = sum(split_of(word) is Split.HELD_OUT for word in drawn) / len(drawn)
    assert 0.10 < share < 0.15


def test_several_names_are_never_a_part_of_one_another():
    rng = Random(3)
    for _ in range(200):
        names = HELD_OUT.names(rng, 4)
        assert not any(a != b and a in b for a in names for b in names)


def test_a_plain_word_is_a_lower_case_ascii_word_of_the_length_asked_for():
    rng = Random(4)
    words = [TRAINING.plain_word(rng, 7) for _ in range(300)]
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
    assert max(map(len, words)) == 7
