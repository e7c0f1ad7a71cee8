"""How far an export is from the served model, and how far it may be."""

from dataclasses import dataclass

from understudy.exporting.order import ExportFormat, ExportOrder, NumberType


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An export beside the served model on the same tokens; differences are in nats a token."""

    mean: float
    """Of the absolute differences between the log-probabilities of each token."""
    largest: float
    same_choice: float
    """Share of the places where both models find the same token most likely."""
    tokens: int
    bound: float
    """How large `mean` may be."""
    texts: str
    """Where the tokens come from."""
    computed_in: str
    """The number format in which both were computed."""

    @property
    def is_within_bound(self) -> bool:
        """Whether the export says what the served model says."""
        # Written so that a difference that is not a number is none to accept.
        return self.mean <= self.bound

    @property
    def sentence(self) -> str:
        """The numbers in words."""
        return (
            f"On {self.tokens} tokens of {self.texts}, its log-probabilities differ from the "
            f"served model's by {self.mean:.2g} nats on average and {self.largest:.2g} at most "
            f"(bound of the average: {self.bound:g}); both choose the same token at "
            f"{self.same_choice:.1%} of the places. Both were computed in {self.computed_in}."
        )


# A tuned SmolLM2-135M is off by 0.0023 when merged in bfloat16, and as GGUF by 0.0002 in f16 and
# 0.001 in q8_0: the bounds leave room for other models and still refuse a wrong weight (tests).
_ADAPTER_BOUND = 0.002
_MERGED_BOUNDS = {"F32": 0.002, "F16": 0.02, "BF16": 0.05}
_GGUF_BOUNDS = {NumberType.F16: 0.02, NumberType.Q8_0: 0.1}
# Where memory is too small for float32, each of the two models is computed with its own rounding.
_ROUNDING_ALLOWANCE = 0.05


def bound_of(order: ExportOrder, stored_in: str, *, is_exact: bool) -> float:
    """Return how far an export may be off on average, in nats a token.

    `stored_in` is the number format of the base's weights, as safetensors calls it; `is_exact`
    says that both models are computed in float32.
    """
    match order.format:
        case ExportFormat.PEFT:
            bound = _ADAPTER_BOUND
        case ExportFormat.MERGED:
            bound = _MERGED_BOUNDS[stored_in]
        case ExportFormat.GGUF:
            bound = _GGUF_BOUNDS[order.number_type or NumberType.F16]
    return bound if is_exact else bound + _ROUNDING_ALLOWANCE
