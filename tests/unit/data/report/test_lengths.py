import statistics

from hypothesis import given
from hypothesis import strategies as st

from understudy.data.report.lengths import lengths_of


def test_the_numbers_of_twenty_examples():
    found = lengths_of([*range(1, 20), 100])
    assert (found.total, found.min, found.max) == (290, 1, 100)
    assert (found.mean, found.median, found.p95) == (14.5, 10.5, 19)
    assert [(b.at_least, b.below, b.examples) for b in found.histogram] == [
        (0, 20, 19), (20, 40, 0), (40, 60, 0), (60, 80, 0), (80, 100, 0), (100, 120, 1),
    ]  # fmt: skip


def test_no_examples_have_no_length():
    found = lengths_of([])
    assert (found.total, found.mean, found.max, found.histogram) == (0, 0.0, 0, ())


@given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=1))
def test_every_example_stands_in_one_of_at_most_ten_buckets(counts: list[int]):
    found = lengths_of(counts)
    assert 1 <= len(found.histogram) <= 10
    for bucket in found.histogram:
        inside = [c for c in counts if bucket.at_least <= c < bucket.below]
        assert bucket.examples == len(inside)
    assert sum(bucket.examples for bucket in found.histogram) == len(counts)
    assert found.median == statistics.median(counts)
    assert sum(c <= found.p95 for c in counts) >= 0.95 * len(counts)
