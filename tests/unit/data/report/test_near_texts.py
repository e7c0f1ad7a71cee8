from understudy.data.report.near_texts import NearTexts

SHORT = "I was charged twice for my last order"
LONG = " ".join(f"word{number} of a long text" for number in range(12))


def group_of(*texts: str) -> list[int]:
    """Add texts as lines 1, 2, … and return the line to whose group each belongs."""
    index = NearTexts()
    return [index.add(line, text) for line, text in enumerate(texts, 1)]


def test_a_slip_or_a_please_makes_a_near_text():
    near = [SHORT, "i was charged twice for my last ordr!", f"please, {SHORT}", f"{SHORT} today"]
    assert group_of(*near) == [1, 1, 1, 1]


def test_another_fact_makes_another_text():
    others = ["I was charged once for my last order", "I was not charged twice for my last order"]
    assert group_of(SHORT, *others, "I was charged 2 times for my last order") == [1, 2, 3, 4]


def test_long_texts_are_near_by_what_they_share():
    assert group_of(LONG, LONG.replace("word3 ", "other "), LONG[: len(LONG) // 2]) == [1, 1, 3]


def test_texts_on_both_sides_of_the_bound_meet():
    thirty = " ".join(f"thing{number}" for number in range(30))
    assert group_of(thirty, f"{thirty} more") == [1, 1]


def test_an_index_can_be_asked_without_being_added_to():
    index = NearTexts()
    index.add(7, SHORT)
    assert index.find(f"{SHORT}.") == 7
    assert index.find("Where is my parcel?") is None
    assert index.find("where is my parcel") is None


def test_a_near_text_is_found_among_thousands():
    index = NearTexts()
    for number in range(3_000):
        index.add(
            number, f"Tell me about item {number} of shelf {number % 7} and its {number**2} parts"
        )
    index.add(5_000, SHORT)
    assert index.find("I was charged twice for my last oder") == 5_000
