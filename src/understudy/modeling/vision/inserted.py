"""Features of pictures on their way into a language model, in the places of their tokens.

P places, H hidden size, T tokens of all examples end to end.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Inserted:
    """What stands in the places of image tokens instead of their embeddings."""

    places_P: Tensor
    """Which of the tokens."""
    features_PH: Tensor

    def to(self, device: torch.device) -> "Inserted":
        """Return the same where the model is, without waiting for the copy."""
        return replace(
            self,
            places_P=self.places_P.to(device, non_blocking=True),
            features_PH=self.features_PH.to(device, non_blocking=True),
        )

    def into(self, embedded_TH: Tensor) -> Tensor:
        """Return embeddings of tokens with the features in their places."""
        features_PH = self.features_PH.to(embedded_TH.dtype)
        return embedded_TH.index_copy(0, self.places_P, features_PH)
