"""Draws a loss curve in a terminal with Braille dots, two across and four down per character."""

from collections.abc import Sequence

_BLANK = 0x2800
# The bit of each dot, by its column and its row within one character.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def draw_curve(values: Sequence[float], *, width: int, height: int) -> list[str]:
    """Return `height` lines that show `values` from first to last, with axis labels on the left.

    `width` and `height` are in characters. The scale starts at 0, so that a low curve means
    a low loss. Returns nothing for fewer than two values.
    """
    if len(values) < 2:
        return []
    top = max(max(values), 1e-6)
    columns, rows = 2 * width, 4 * height
    cells = [[_BLANK] * width for _ in range(height)]
    previous_row: int | None = None
    for column, value in enumerate(_resampled(values, columns)):
        row = round((1 - value / top) * (rows - 1))
        for filled in _between(previous_row, row):
            cells[filled // 4][column // 2] |= _DOTS[column % 2][filled % 4]
        previous_row = row
    labels = _labels(top, height)
    return [f"{labels[at]} ┤{''.join(map(chr, line))}" for at, line in enumerate(cells)]


def smoothed(values: Sequence[float], *, window: int) -> list[float]:
    """Return the mean of each value and those before it, at most `window` together."""
    means: list[float] = []
    for end in range(1, len(values) + 1):
        part = values[max(0, end - window) : end]
        means.append(sum(part) / len(part))
    return means


def _resampled(values: Sequence[float], count: int) -> list[float]:
    """Stretch or thin out values to `count`, by straight lines between neighbours."""
    resampled: list[float] = []
    for at in range(count):
        position = at * (len(values) - 1) / (count - 1)
        left = int(position)
        right = min(left + 1, len(values) - 1)
        resampled.append(values[left] + (values[right] - values[left]) * (position - left))
    return resampled


def _between(previous: int | None, row: int) -> range:
    """Rows to fill so that a steep part of the curve has no gaps."""
    if previous is None or abs(previous - row) <= 1:
        return range(row, row + 1)
    return range(previous + 1, row + 1) if previous < row else range(row, previous)


def _labels(top: float, height: int) -> list[str]:
    blank = " " * 5
    return [
        f"{top:5.2f}" if at == 0 else f"{0:5.2f}" if at == height - 1 else blank
        for at in range(height)
    ]
