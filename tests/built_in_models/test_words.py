from random import Random

from built_in_models.words import invent_word


def _words(count: int) -> list[str]:
    rng = Random(1)
    return [invent_word(rng) for _ in range(count)]


def test_words_come_in_many_shapes():
    words = _words(3000)
    assert any("_" in word for word in words)
    assert any("-" in word for word in words)
    assert any("'" in word for word in words)
    assert any(not word.isascii() for word in words)
    assert any(word[-1].isdigit() for word in words)
    assert any(word.isupper() for word in words)
    assert any(word.islower() and word.isalpha() for word in words)
    assert {len(word) for word in words} >= set(range(2, 15))


def test_words_have_no_spaces_and_end_in_a_letter_or_figure():
    assert all(" " not in word and word[-1].isalnum() for word in _words(3000))


def test_words_hardly_ever_repeat():
    words = _words(3000)
    assert len(set(words)) > 0.97 * len(words)


def test_the_same_seed_invents_the_same_words():
    assert _words(50) == _words(50)
