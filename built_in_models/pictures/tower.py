"""Teaches the tower alone what each patch of a picture belongs to, before it meets the text model.

Answers are few words a picture; patches are dozens of labels, which teach the same many times
faster. What is learned on top of the tower for this is thrown away.

P pictures, N patches of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Idefics3ForConditionalGeneration

from built_in_models.pictures.corpus import tower_drawings
from built_in_models.pictures.drawing import COLORS, KINDS, SIDE, Drawing
from built_in_models.pictures.recipe import PictureRecipe
from built_in_models.pictures.rendering import pixels

# A patch belongs to a thing that covers this much of it; nearly all edges do.
_LEAST_COVER = 0.15
_POSITION_SCALE = 0.5


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures, and of each patch its color and its kind, by their places in the lists."""

    pixels_PCSS: Tensor
    colors_PN: Tensor
    kinds_PN: Tensor


@dataclass(frozen=True)
class TowerStep:
    """What one update of the tower is computed from."""

    number: int
    micro_batches: tuple[LabelledPictures, ...]

    @property
    def denominator(self) -> float:
        """How many patches are labelled."""
        return sum(batch.colors_PN.numel() for batch in self.micro_batches)


@dataclass(frozen=True)
class TowerLoss:
    """Sums over the patches."""

    loss: Tensor
    measures: Mapping[str, Tensor]


class LabelledTower(nn.Module):
    """The tower of a model under two linear heads, which are thrown away afterwards."""

    def __init__(self, model: Idefics3ForConditionalGeneration) -> None:
        super().__init__()
        self.tower = model.model.vision_model
        size = self.tower.config.hidden_size
        self.colors = nn.Linear(size, len(COLORS))
        self.kinds = nn.Linear(size, len(KINDS))

    def forward(self, batch: LabelledPictures) -> TowerLoss:
        """Return the cross-entropy of both labels of every patch."""
        dtype = self.colors.weight.dtype
        hidden_PNH = self.tower(batch.pixels_PCSS.to(dtype)).last_hidden_state
        color_logits = self.colors(hidden_PNH).float().flatten(0, 1)
        kind_logits = self.kinds(hidden_PNH).float().flatten(0, 1)
        colors, kinds = batch.colors_PN.flatten(), batch.kinds_PN.flatten()
        loss = functional.cross_entropy(color_logits, colors, reduction="sum")
        loss = loss + functional.cross_entropy(kind_logits, kinds, reduction="sum")
        drawn = kinds != 0
        right = (kind_logits.detach().argmax(-1) == kinds) & drawn
        # Of the patches with something on them, scaled to all: the loop divides by all.
        share = right.sum() / drawn.sum().clamp(min=1) * kinds.numel()
        return TowerLoss(loss, {"kind_accuracy": share})


def give_positions(model: Idefics3ForConditionalGeneration) -> None:
    """Start the positions of patches as waves over rows and columns, so that neighbours are alike.

    Learned from noise they need many more pictures.
    Source: Beyer, Zhai and Kolesnikov 2022, arXiv:2205.01580, section 2.
    """
    positions_NH = model.get_parameter("model.vision_model.embeddings.position_embedding.weight")
    count, size = positions_NH.shape
    side = round(count**0.5)
    frequencies = 1 / 100 ** (torch.arange(size // 4) / (size // 4))
    angles = torch.arange(side)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = waves.repeat_interleave(side, 0), waves.repeat(side, 1)
    with torch.no_grad():
        positions_NH.copy_(torch.cat([rows, columns], dim=1) * _POSITION_SCALE)


def tower_steps(recipe: PictureRecipe, done: int = 0) -> Iterator[TowerStep]:
    """Yield the steps after `done`, each from the seed and its number alone."""
    for number in range(done + 1, recipe.tower_steps + 1):
        stream = tower_drawings(recipe.seed * 1_000_003 + number)
        drawings = list(islice(stream, recipe.pictures_per_tower_step))
        yield TowerStep(number, (labelled(drawings, recipe.patch),))


def labelled(drawings: Sequence[Drawing], patch: int) -> LabelledPictures:
    """Return pictures with the labels of their patches."""
    labels = np.stack([_labels(drawing, patch) for drawing in drawings])
    colors_PN, kinds_PN = torch.from_numpy(labels).unbind(1)
    return LabelledPictures(pixels(drawings), colors_PN, kinds_PN)


def _labels(drawing: Drawing, patch: int) -> np.ndarray:
    """Return the colors and the kinds of all patches: two rows of numbers."""
    numbers = np.asarray(drawing.numbers)
    count = SIDE // patch
    patches = numbers.reshape(count, patch, count, patch)
    cover = np.stack(
        [(patches == number).mean((1, 3)).ravel() for number in range(len(drawing.marks))]
    )
    # A thing beats the background wherever there is enough of it.
    cover[0] = _LEAST_COVER
    owner = cover.argmax(0)
    colors = np.array([COLORS.index(mark.color) for mark in drawing.marks])
    kinds = np.array([KINDS.index(mark.kind) for mark in drawing.marks])
    return np.stack([colors[owner], kinds[owner]])
