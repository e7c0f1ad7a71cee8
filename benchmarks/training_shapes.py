"""The models and the data that training benchmarks share."""

import math
from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from understudy.chat.rendering.renderer import RenderedExample

MEAN_LENGTH, SHORT, SPREAD, LONGEST = 145, 52, 0.5, 512
"""Of the tokens of an example; `SHORT` of a chat of a question and an answer."""
ANSWER_SHARE = 0.4
EXAMPLES_PER_STEP = 8
RANK, ALPHA = 16, 32.0
RATE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A random Llama."""

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int | None = None
    """As many as `heads` if None."""
    mean_length: int = MEAN_LENGTH
    """Of the examples that it learns, in tokens."""

    def build(self, attention: str, dtype: torch.dtype) -> PreTrainedModel:
        """Return the model, its weights the same at every call."""
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=self.vocabulary,
            hidden_size=self.hidden,
            intermediate_size=self.intermediate,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.key_value_heads or self.heads,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
        )
        return AutoModelForCausalLM.from_config(config, attn_implementation=attention, dtype=dtype)


SHAPES = {
    "12.5M": Shape(vocabulary=8192, hidden=320, intermediate=864, layers=8, heads=5),
    "5M": Shape(vocabulary=1024, hidden=256, intermediate=688, layers=6, heads=4),
    # That of understudy-mini, and that of SmolLM2-135M, with short chats.
    "mini": Shape(
        vocabulary=1024, hidden=256, intermediate=768, layers=6, heads=8, key_value_heads=4,
        mean_length=SHORT,
    ),
    "135M": Shape(
        vocabulary=49152, hidden=576, intermediate=1536, layers=30, heads=9, key_value_heads=3,
        mean_length=SHORT,
    ),
}  # fmt: skip


def chats(count: int, shape: Shape) -> list[RenderedExample]:
    """Random tokens in the lengths of chats; the last part of each is the answer."""
    generator = torch.Generator().manual_seed(0)
    made: list[RenderedExample] = []
    for _ in range(count):
        scale = math.exp(SPREAD * float(torch.randn((), generator=generator)) - SPREAD**2 / 2)
        length = min(LONGEST, max(16, round(shape.mean_length * scale)))
        ids: list[int] = torch.randint(3, shape.vocabulary, (length,), generator=generator).tolist()
        asked = round(length * (1 - ANSWER_SHARE))
        made.append(RenderedExample(ids, [at >= asked for at in range(length)]))
    return made
