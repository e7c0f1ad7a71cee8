import pytest

from understudy.memory_amounts import read_memory_amount

GIBIBYTE = 1024**3


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4 GiB", 4 * GIBIBYTE),
        ("1.5GiB", 1.5 * GIBIBYTE),
        ("500 MB", 500_000_000),
        ("25%", 2 * GIBIBYTE),
        ("0.5 %", 0.04 * GIBIBYTE),
    ],
)
def test_an_amount_is_a_size_or_a_share_of_what_is_free(text: str, amount: float):
    assert read_memory_amount(text).of(8 * GIBIBYTE) == round(amount)


@pytest.mark.parametrize(
    "text", ["", "4", "4 gib", "-1 GiB", "0 GiB", "0%", "100%", "all", "1e3 GB", "4 GiB free"]
)
def test_anything_else_is_no_amount(text: str):
    with pytest.raises(ValueError, match="written as"):
        read_memory_amount(text)
