"""Whether two ways to compute a model agree: exactly in float32, and within its own rounding.

A model's own format rounds, in bfloat16 by several per cent of its largest logit. So what a way
computes is judged in float32, where only a real difference shows; and its own format is held to
how far the model's usual computation is from float32. Both on tokens that the model finds likely,
since nothing is promised for the others.

Dimensions: T tokens, V vocabulary, K likeliest tokens.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from understudy.wording import Sentence, worded

MAX_RELATIVE_DIFFERENCE = 1e-4
"""Between two ways in float32, as a share of the largest logit."""
MAX_ROUNDING = 4.0
"""How many times farther from float32 than the model's usual computation another may be."""
MIN_GAP = 0.02
"""Nats that are never worth a verdict: below what sampling could notice."""

_LIKELIEST = 8


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How closely another way to compute a model agrees with the usual one."""

    float32_difference: float
    """Largest difference of two logits in float32, as a share of the largest logit."""
    gap: float
    """Nats by which log-probabilities of likely tokens are off float32, in the model's format."""
    own_gap: float
    """The same of the model's usual computation."""

    @property
    def is_exact(self) -> bool:
        """Whether both ways compute the same, rounding aside."""
        return self.float32_difference <= MAX_RELATIVE_DIFFERENCE

    @property
    def is_within_rounding(self) -> bool:
        """Whether the model's format costs no more in this way than in the usual one."""
        return self.gap <= max(MIN_GAP, MAX_ROUNDING * self.own_gap)

    @property
    def holds(self) -> bool:
        """Whether one way can stand for the other."""
        return self.is_exact and self.is_within_rounding

    def in_words(self) -> Sentence:
        """Return the numbers as the end of a sentence."""
        return worded(
            "job.measured",
            "float32 logits differ by {difference:.1e} of the largest; "
            "log-probabilities are off by {gap:.3f} nats, usually {own:.3f}",
            difference=self.float32_difference,
            gap=self.gap,
            own=self.own_gap,
        )


def likely_tokens(model: PreTrainedModel, count: int, *, seed: int) -> list[int]:
    """Return tokens that a model writes itself, in the way that it is loaded."""
    generator = torch.Generator().manual_seed(seed)
    tokens = [_first_token(model)]
    with torch.inference_mode():
        while len(tokens) < count:
            ids = torch.tensor([tokens], device=model.device)
            likelihoods_V = model(input_ids=ids, use_cache=False).logits[0, -1].float().softmax(-1)
            tokens.append(int(torch.multinomial(likelihoods_V.cpu(), 1, generator=generator)))
    return tokens


def _first_token(model: PreTrainedModel) -> int:
    """Return a token that texts of a model begin with, as far as its configuration says."""
    config = model.config.get_text_config()
    known = (getattr(config, name, None) for name in ("bos_token_id", "eos_token_id"))
    ids = [id_[0] if isinstance(id_, list) else id_ for id_ in known if id_ not in (None, [])]
    return int(ids[0]) if ids and 0 <= int(ids[0]) < config.vocab_size else 0


def relative_difference(ours_TV: Tensor, reference_TV: Tensor) -> float:
    """Return the largest difference of two logits as a share of the largest logit."""
    difference = (ours_TV.float() - reference_TV.float()).abs().max()
    return float(difference / reference_TV.float().abs().max())


def log_probability_gap(ours_TV: Tensor, reference_TV: Tensor) -> float:
    """Return by how many nats log-probabilities differ at most, on the likeliest tokens."""
    reference_TV = reference_TV.float().log_softmax(-1)
    likeliest_TK = reference_TV.topk(min(_LIKELIEST, reference_TV.shape[-1]), dim=-1).indices
    ours_TK = ours_TV.float().log_softmax(-1).gather(-1, likeliest_TK)
    gap = (ours_TK - reference_TV.gather(-1, likeliest_TK)).abs().max()
    return float(gap.nan_to_num(nan=float("inf")))


@contextmanager
def in_float32(model: PreTrainedModel) -> Generator[None]:
    """Compute a model in float32 as long as the `with` block lasts.

    A layer's weights are widened while it runs and dropped after it, so that memory for one layer
    is enough.
    """
    widening = _Widening()
    handles: list[RemovableHandle] = []
    for block in _blocks(model):
        handles.append(block.register_forward_pre_hook(widening.begin))
        handles.append(block.register_forward_hook(widening.end, always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _blocks(model: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers of a model, and whatever outside of them has weights of its own."""
    for child in model.children():
        if isinstance(child, nn.ModuleList):
            yield from child
        elif any(isinstance(inner, nn.ModuleList) for inner in child.modules()):
            yield from _blocks(child)
        else:
            yield child


class _Widening:
    """Float32 in the place of a block's narrower weights, from the beginning of its run to its end.

    A tied weight is one parameter in two blocks: each run widens and restores it anew.
    """

    def __init__(self) -> None:
        self._narrow: dict[nn.Module, list[tuple[Tensor, Tensor]]] = {}

    def begin(self, block: nn.Module, _: object) -> None:
        """Widen a block's weights."""
        held = [*block.parameters(), *block.buffers()]
        narrow = [t for t in held if t.is_floating_point() and t.dtype != torch.float32]
        self._narrow[block] = [(tensor, tensor.data) for tensor in narrow]
        for tensor in narrow:
            tensor.data = tensor.data.float()

    def end(self, block: nn.Module, *_: object) -> None:
        """Put a block's own weights back."""
        for tensor, data in self._narrow.pop(block, ()):
            tensor.data = data
