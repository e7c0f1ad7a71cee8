"""What the built-in base models are: their shapes and how long each is trained."""

from dataclasses import dataclass

from transformers import LlamaConfig

from built_in_models.tokenizer import (
    CONTEXT_LENGTH,
    END_OF_TURN,
    PADDING,
    SPECIAL_TOKENS,
    VOCABULARY_SIZE,
)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One built-in model, decided."""

    name: str
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    key_value_heads: int
    steps: int
    """Optimizer steps."""
    examples_per_step: int
    learning_rate: float
    seed: int

    def config(self) -> LlamaConfig:
        """Return the transformers configuration of the model."""
        return LlamaConfig(
            vocab_size=VOCABULARY_SIZE,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.key_value_heads,
            max_position_embeddings=CONTEXT_LENGTH,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=SPECIAL_TOKENS.index(END_OF_TURN),
            pad_token_id=SPECIAL_TOKENS.index(PADDING),
        )


NANO = Recipe(
    name="understudy-nano",
    hidden_size=160,
    intermediate_size=480,
    layers=4,
    heads=4,
    key_value_heads=2,
    steps=2_500,
    examples_per_step=32,
    learning_rate=3e-3,
    seed=1,
)
MINI = Recipe(
    name="understudy-mini",
    hidden_size=256,
    intermediate_size=768,
    layers=6,
    heads=8,
    key_value_heads=4,
    steps=3_000,
    examples_per_step=48,
    learning_rate=2e-3,
    seed=2,
)
RECIPES = {recipe.name: recipe for recipe in (NANO, MINI)}
