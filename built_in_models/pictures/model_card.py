"""The README.md of the model that reads pictures: what it is, how it was made, what it can do."""

from collections.abc import Mapping
from pathlib import Path

from transformers import Idefics3ForConditionalGeneration

from built_in_models.pictures.drawing import SIDE
from built_in_models.pictures.recipe import PictureRecipe

_TEXT = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---

# {name}

A tiny model of the Idefics3 architecture ({parameters:.2f} million parameters) for Understudy's
demo and tests of images. Its language part started from {text}; its tower was trained from nothing
on pictures that `built_in_models/pictures` draws: colored shapes, a number on a sign, bar
charts. It knows no photographs and no language beyond a few hundred English words. Use it to see
the platform work, not to answer questions.

- tower: {tower_layers} layers, hidden size {tower_size}, patches of {patch} pixels; every picture
  is brought to {side} by {side} pixels and becomes {tokens} tokens
- language: {layers} layers, hidden size {hidden}, the tokenizer of {text}
- {tower_steps} steps of {tower_pictures} pictures whose patches are labelled, for the tower; then
  {steps} steps of {pictures} conversations about pictures and {texts} without, for all but the
  tower, whose learning rate rose over {warmup} steps and fell over the last 40 %; seed {seed}
- that is half an hour to an hour of one core; the tower tells colors, bars and numbers apart, and
  shapes hardly
- context of 2,048 tokens by configuration; nearly all training conversations are under 200
- rebuilt with `python -m built_in_models.pictures.build`

## Held-out accuracy

Greedy answers, compared to the letter. The pairs of color and shape, the numbers on signs and the
rows of bars in these pictures are in no training picture. Answers are short: `red`, `a red circle`,
`top left`, `Yes.`

| family | right | asked | share |
|---|---|---|---|
{rows}

Tasks without pictures, as on the card of {text}: {text_right} of {text_asked} right;
{text} itself: {before_right} of {text_asked}.
{outside}
"""
_OUTSIDE = """
Pictures of others: {right} of {asked} questions of the test set of easy-VQA 1.0 (Victor Zhou, MIT
licence), of which nothing was trained on. It has rectangles of all proportions, and words (`not`)
that this model has never read.
"""


def write_model_card(
    directory: Path,
    recipe: PictureRecipe,
    accuracy: Mapping[str, tuple[int, int]],
    text: tuple[int, int, int],
    outside: tuple[int, int] | None,
) -> None:
    """Write the card next to the weights it describes.

    `text` counts tasks without pictures: right here, right with the text model, asked.
    """
    rows = "\n".join(
        f"| {family} | {right} | {asked} | {right / asked:.2f} |"
        for family, (right, asked) in accuracy.items()
    )
    model = Idefics3ForConditionalGeneration(recipe.config())
    card = _TEXT.format(
        name=recipe.name,
        parameters=sum(parameter.numel() for parameter in model.parameters()) / 1e6,
        text=recipe.text.name,
        tower_layers=recipe.tower_layers,
        tower_size=recipe.tower_size,
        patch=recipe.patch,
        side=SIDE,
        tokens=recipe.tokens_per_picture,
        layers=recipe.text.layers,
        hidden=recipe.text.hidden_size,
        tower_steps=recipe.tower_steps,
        tower_pictures=recipe.pictures_per_tower_step,
        steps=recipe.steps,
        warmup=recipe.warmup_steps,
        pictures=recipe.pictures_per_step,
        texts=recipe.texts_per_step,
        seed=recipe.seed,
        rows=rows,
        text_right=text[0],
        before_right=text[1],
        text_asked=text[2],
        outside=_OUTSIDE.format(right=outside[0], asked=outside[1]) if outside else "",
    )
    (directory / "README.md").write_text(card.rstrip() + "\n", encoding="utf-8")
