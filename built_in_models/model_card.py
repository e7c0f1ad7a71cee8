"""The README.md of a built-in model: what it is, how it was made and what it can do."""

import json
from collections.abc import Mapping
from pathlib import Path

from built_in_models.recipes import Recipe

_TEXT = """---
license: apache-2.0
library_name: transformers
---

# {name}

A tiny Llama-architecture chat model ({parameters:.2f} million parameters) for Understudy's demo and
tests. It was trained from nothing on text that `built_in_models` generates: templated tasks
with a few hundred English words and invented names. It knows no facts and no language beyond
them. Use it to see the platform work, not to answer questions.

- {layers} layers, hidden size {hidden}, {heads} heads ({kv} key-value), vocabulary {vocabulary}
- {steps} steps of {examples} generated conversations, seed {seed}
- context of 2,048 tokens by configuration; nearly all training conversations are under 500
- rebuilt with `python -m built_in_models.build {name}`

## Held-out accuracy

Greedy answers, checked in code. No name, place, invented word or pair of numbers of these questions
occurs in the training text. Everyday words (things, colours, weekdays) are shared: classification,
small_talk, refusals and most of dates_and_units measure known sentences with new names.

| family | right | asked | share |
|---|---|---|---|
{rows}

The families under `built_in_models/families/kept_out` (a persona, ticket codes, nested order forms)
are never trained on; they are what fine-tuning is shown with.
"""


def write_model_card(
    directory: Path, recipe: Recipe, accuracy: Mapping[str, tuple[int, int]]
) -> None:
    """Write the card next to the weights it describes."""
    rows = "\n".join(
        f"| {family} | {right} | {asked} | {right / asked:.2f} |"
        for family, (right, asked) in accuracy.items()
    )
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    text = _TEXT.format(
        name=recipe.name,
        parameters=_parameters(recipe) / 1e6,
        layers=recipe.layers,
        hidden=recipe.hidden_size,
        heads=recipe.heads,
        kv=recipe.key_value_heads,
        vocabulary=config["vocab_size"],
        steps=recipe.steps,
        examples=recipe.examples_per_step,
        seed=recipe.seed,
        rows=rows,
    )
    (directory / "README.md").write_text(text, encoding="utf-8")


def _parameters(recipe: Recipe) -> int:
    """Count the weights of a tied Llama of this shape, norms included."""
    config = recipe.config()
    kv_width = recipe.hidden_size * recipe.key_value_heads // recipe.heads
    attention = 2 * recipe.hidden_size * (recipe.hidden_size + kv_width)
    layer = attention + 3 * recipe.hidden_size * recipe.intermediate_size + 2 * recipe.hidden_size
    return config.vocab_size * recipe.hidden_size + recipe.layers * layer + recipe.hidden_size
