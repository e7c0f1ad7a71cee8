import pytest

from understudy.cli.loss_curve import draw_curve, smoothed

FULL_TOP_ROW = chr(0x2800 | 0x01 | 0x08)
FULL_BOTTOM_ROW = chr(0x2800 | 0x40 | 0x80)
BLANK = chr(0x2800)


def test_a_flat_curve_is_a_line_at_the_top():
    lines = draw_curve([2.0, 2.0, 2.0], width=3, height=2)
    assert lines == [f" 2.00 ┤{FULL_TOP_ROW * 3}", f" 0.00 ┤{BLANK * 3}"]


def test_a_falling_curve_goes_from_the_left_top_to_the_right_bottom_without_gaps():
    lines = draw_curve([4.0, 0.0], width=1, height=1)
    # Left column: its first dot. Right column: from the second dot down to the last one.
    assert lines == [" 4.00 ┤" + chr(0x2800 | 0x01 | 0x10 | 0x20 | 0x80)]


def test_the_scale_begins_at_zero():
    *_, last = draw_curve([1.0, 0.0, 0.0, 0.0], width=4, height=3)
    assert last.startswith(" 0.00 ┤")
    assert last.endswith(FULL_BOTTOM_ROW * 2)


def test_every_line_has_the_same_width():
    lines = draw_curve([float(at % 7) for at in range(500)], width=60, height=7)
    assert {len(line) for line in lines} == {len(" 0.00 ┤") + 60}


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_values_are_no_curve(values: list[float]):
    assert draw_curve(values, width=10, height=3) == []


def test_values_that_are_all_zero_are_drawn_too():
    assert draw_curve([0.0, 0.0], width=2, height=1)[0].endswith(FULL_BOTTOM_ROW * 2)


def test_smoothing_means_over_a_window_that_looks_back():
    assert smoothed([1.0, 3.0, 5.0, 7.0], window=2) == [1.0, 2.0, 4.0, 6.0]
