"""Features of pictures on their way into a language model, in the places of their tokens.

P places, H hidden size, T tokens of all examples end to end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Inserted:
    """What stands in the places of image tokens instead of their embeddings."""

    places_P: Tensor
    """Which of the tokens, in ascending order."""
    features_PH: Tensor
    deep: tuple[Tensor, ...] = ()
    """What is added in these places after each of the first layers, [P, H]; empty for most."""
    positions_3T: Tensor | None = None
    """Where a model that knows height and width of a picture takes every token to be; None where
    a token's position is its place in its example."""
    blocks_T: Tensor | None = None
    """For each token which picture it is of, -1 for a text's, where the parts of a picture see
    each other; None where every token sees only what is before it."""

    def to(self, device: torch.device) -> "Inserted":
        """Return the same where the model is, without waiting for the copy."""
        positions, blocks = self.positions_3T, self.blocks_T
        return replace(
            self,
            places_P=self.places_P.to(device, non_blocking=True),
            features_PH=self.features_PH.to(device, non_blocking=True),
            deep=tuple(one.to(device, non_blocking=True) for one in self.deep),
            positions_3T=None if positions is None else positions.to(device, non_blocking=True),
            blocks_T=None if blocks is None else blocks.to(device, non_blocking=True),
        )

    def into(self, embedded_TH: Tensor) -> Tensor:
        """Return embeddings of tokens with the features in their places."""
        features_PH = self.features_PH.to(embedded_TH.dtype)
        return embedded_TH.index_copy(0, self.places_P, features_PH)

    def arguments(self, embedded_TH: Tensor, shape: Sequence[int]) -> Mapping[str, Any]:
        """Return what a language model is given instead of token ids of this shape."""
        read = {"inputs_embeds": self.into(embedded_TH).view(*shape, -1)}
        if not self.deep:
            return read
        is_shown_T = torch.zeros(len(embedded_TH), dtype=torch.bool, device=embedded_TH.device)
        is_shown_T[self.places_P] = True
        shown = {"visual_pos_masks": is_shown_T.view(*shape)}
        return {**read, **shown, "deepstack_visual_embeds": list(self.deep)}


def is_same_block(blocks_T: Tensor) -> Tensor:
    """Return for each two tokens whether they are of one picture, [T, T]."""
    is_one_TT = blocks_T[:, None] == blocks_T[None, :]
    return is_one_TT & (blocks_T >= 0)[:, None]
