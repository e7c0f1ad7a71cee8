"""Where tokens are for models that know height and width of a picture (M-RoPE).

P places of a picture, N tokens of an example; 3 is time, height and width.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class SeenGrid(NamedTuple):
    """How the places of a picture lie: so many rows of so many of them."""

    rows: int
    columns: int


def positions_of(length: int, grids: Sequence[tuple[Sequence[int], SeenGrid]]) -> Tensor:
    """Return the positions [3, N] of an example's tokens, among them pictures in these places.

    All of a picture is at one time; what follows is as far after it as its longer side.
    Source: Wang et al. 2024, arXiv:2409.12191, section 2.1.
    """
    parts: list[Tensor] = []
    done = position = 0
    for places, grid in grids:
        text = places[0] - done
        parts += [_line(position, text), _square(position + text, grid)]
        done = places[-1] + 1
        position += text + max(grid)
    parts.append(_line(position, length - done))
    return torch.cat(parts, dim=1)


def after(positions_3N: Tensor, start: int, stop: int) -> Tensor:
    """Return the positions of tokens that follow an example, at these places of the row."""
    shift = int(positions_3N.max()) + 1 - positions_3N.shape[1]
    return _line(start + shift, stop - start)


def plain(start: int, stop: int) -> Tensor:
    """Return the positions of tokens of a text, at these places of the row."""
    return _line(start, stop - start)


def _line(start: int, length: int) -> Tensor:
    return torch.arange(start, start + length).expand(3, -1)


def _square(start: int, grid: SeenGrid) -> Tensor:
    rows = torch.arange(grid.rows).repeat_interleave(grid.columns)
    columns = torch.arange(grid.columns).repeat(grid.rows)
    return start + torch.stack([torch.zeros_like(rows), rows, columns])
