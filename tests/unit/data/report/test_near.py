import random

from understudy.data.report.near import NearIndex, is_near, sketch_of

TEXT = "The quick brown fox jumps over the lazy dog and then it sleeps for the rest of the day."


def jaccard(one: str, other: str) -> float:
    """The slow, obvious measure."""
    a, b = ({tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in (one.split(), other.split()))
    return len(a & b) / len(a | b)


def test_case_punctuation_and_spacing_make_no_difference():
    assert sketch_of(TEXT) == sketch_of(TEXT.upper().replace(".", " ! ").replace(" ", "  "))


def test_one_more_word_is_near_and_another_text_is_not():
    assert is_near(sketch_of(TEXT), sketch_of(TEXT + " Really"))
    assert not is_near(sketch_of(TEXT), sketch_of("What is the weather in Paris today, my friend?"))


def test_texts_without_words_are_all_alike():
    assert is_near(sketch_of(""), sketch_of("…!"))
    assert not is_near(sketch_of(""), sketch_of(TEXT))


def test_scripts_without_spaces_are_compared_by_the_character():
    one = "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u6211\u4eec\u53bb\u516c\u56ed\u6563\u6b65\u5427"
    assert is_near(sketch_of(one), sketch_of(one + "\u597d"))
    assert not is_near(sketch_of(one), sketch_of("\u660e\u5929\u4f1a\u4e0b\u96e8\u5417"))


def test_long_texts_are_judged_as_the_exact_measure_does():
    chance = random.Random(7)
    words = [f"word{i}" for i in range(900)]
    wrong = 0
    for changed in (0, 5, 15, 100, 200, 300):
        original = chance.choices(words, k=600)
        other = list(original)
        for at in chance.sample(range(600), changed):
            other[at] = "changed"
        exact = jaccard(" ".join(original), " ".join(other))
        wrong += is_near(sketch_of(" ".join(original)), sketch_of(" ".join(other))) != (exact > 0.8)
    assert wrong == 0


def test_an_index_groups_near_texts_under_the_first_line():
    index = NearIndex()
    assert index.add(1, sketch_of(TEXT)) == 1
    assert index.add(2, sketch_of("Something else altogether, which nobody has said so far.")) == 2
    assert index.add(3, sketch_of(TEXT + " Really")) == 1
    assert index.find(sketch_of("never heard of this one before")) is None


def test_thousands_of_texts_with_one_beginning_are_still_told_apart():
    index = NearIndex()
    chance = random.Random(1)
    beginning = "please classify the following message for us "
    for line in range(1, 2001):
        text = beginning + " ".join(str(chance.random()) for _ in range(30))
        assert index.add(line, sketch_of(text)) == line
    assert index.add(9999, sketch_of(text)) == 2000
