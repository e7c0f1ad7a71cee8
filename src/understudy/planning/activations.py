"""How much memory a model's activations take, as it is measured or follows from the shape."""

from dataclasses import dataclass

from understudy.planning.shape import ModelShape

MAX_WRITTEN_OUT = 512
"""Up to so many tokens of an example, bfloat16 on a processor keeps all its attention weights."""


@dataclass(frozen=True, kw_only=True)
class ActivationCost:
    """Bytes that are kept for the backward pass, over all layers."""

    bytes_per_token: float
    bytes_per_pair: float
    """For each pair of tokens of one example: attention that keeps its weights."""
    longest_with_pairs: int | None
    """Tokens up to which an example keeps pairs; None for every length."""
    layers: int
    bytes_per_layer_input: int
    """For each token and layer: all that is kept when layers are recomputed."""

    def kept(self, tokens: int, longest: int) -> float:
        """Return the bytes of a micro-batch of so many tokens, the longest example among them."""
        return tokens * self._per_token(longest)

    def kept_recomputing(self, tokens: int, longest: int) -> float:
        """Return the same when layers are recomputed, one at a time."""
        inputs = tokens * self.layers * self.bytes_per_layer_input
        return inputs + tokens * self._per_token(longest) / self.layers

    def _per_token(self, longest: int) -> float:
        limit = longest if self.longest_with_pairs is None else self.longest_with_pairs
        return self.bytes_per_token + self.bytes_per_pair * min(longest, limit)


def estimate_activations(shape: ModelShape, itemsize: int) -> ActivationCost:
    """Return what a decoder of this shape keeps, by the sums of its layers' saved tensors.

    For packed examples and weights of `itemsize` bytes. Norms work in float32 whatever the weights
    are, which is why not everything is a multiple of `itemsize`. A test holds it to within a tenth
    of what `measure_activations` finds on models of each family.
    """
    hidden = 8 + 4 * itemsize
    queries, keys, heads = 4 * itemsize - 4, 2 * itemsize, 4
    if shape.has_norms_of_heads:
        queries, keys, heads = queries + 4 + itemsize, keys + 4 + itemsize, heads + 6
    if shape.is_fused:
        queries, keys = queries + itemsize, keys + itemsize
    if shape.has_norms_after:
        hidden += 24 - 2 * itemsize
    per_layer = (
        shape.hidden * hidden
        + shape.intermediate * shape.active_experts * 4 * itemsize
        + shape.queries * queries
        + shape.keys * keys
        + shape.heads * heads
    )
    return ActivationCost(
        bytes_per_token=shape.layers * per_layer + shape.hidden * (2 + 2 * itemsize),
        # In float32 the processor's own attention is faster and keeps none.
        bytes_per_pair=float(shape.layers * shape.heads * itemsize) if itemsize < 4 else 0.0,
        longest_with_pairs=MAX_WRITTEN_OUT,
        layers=shape.layers,
        bytes_per_layer_input=shape.hidden * itemsize,
    )
