"""The shape of a decoder: what its memory follows from, without loading it or building it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """Widths and counts of a decoder-only language model, as its configuration has them."""

    family: str
    """`model_type` of the configuration."""
    vocabulary: int
    hidden: int
    layers: int
    intermediate: int
    """Width of the MLP, of one expert where there are several."""
    heads: int
    key_heads: int
    head_size: int
    is_tied: bool
    """Whether the head shares the embedding's weights."""
    experts: int = 1
    active_experts: int = 1
    """Experts that compute for a token."""

    @property
    def queries(self) -> int:
        """Width of the queries of all heads."""
        return self.heads * self.head_size

    @property
    def keys(self) -> int:
        """Width of the keys of all key heads, and of the values."""
        return self.key_heads * self.head_size

    @property
    def has_norms_of_heads(self) -> bool:
        """Whether queries and keys are normalised head by head."""
        return self.family in ("qwen3", "gemma3_text")

    @property
    def has_norms_after(self) -> bool:
        """Whether attention and MLP are normalised after them too."""
        return self.family == "gemma3_text"

    @property
    def is_fused(self) -> bool:
        """Whether the projections of attention are one layer, and the two of the MLP another."""
        return self.family == "phi3"

    @property
    def lora_weights_per_rank(self) -> int:
        """Weights that LoRA on all linear layers but the head and on experts adds for each rank."""
        if self.is_fused:
            attention = self.hidden + self.queries + 2 * self.keys
        else:
            attention = (self.hidden + self.queries) + 2 * (self.hidden + self.keys)
        attention += self.queries + self.hidden
        if self.experts > 1:
            # Gate and up are one matrix.
            expert = self.hidden + 2 * self.intermediate + self.intermediate + self.hidden
            return self.layers * (attention + self.experts * expert)
        inputs = 1 if self.is_fused else 2
        mlp = inputs * self.hidden + 2 * self.intermediate + self.intermediate + self.hidden
        return self.layers * (attention + mlp)

    def cache_bytes_per_token(self, itemsize: int) -> int:
        """Return the bytes of one token's keys and values over all layers."""
        return 2 * self.layers * self.keys * itemsize
