"""The files around the weights: the tokenizer with marks for pictures, and the processor."""

import json
from pathlib import Path

from transformers import AutoTokenizer, Idefics3ImageProcessorPil, Idefics3Processor

from built_in_models.pictures.drawing import SIDE
from built_in_models.pictures.recipe import PICTURE_TOKENS, PictureRecipe

_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def write_files(recipe: PictureRecipe, text_model: Path, directory: Path) -> None:
    """Write tokenizer, template and processor next to where the weights will be.

    `text_model` is the directory of the text model: its tokenizer gains names, and no ids.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = (text_model / "tokenizer.json").read_text(encoding="utf-8")
    for reserved, mark in PICTURE_TOKENS.items():
        text = text.replace(json.dumps(reserved), json.dumps(mark))
    (directory / "tokenizer.json").write_text(text, encoding="utf-8")
    template = _TEMPLATE.read_text(encoding="utf-8")
    (directory / "chat_template.jinja").write_text(template, encoding="utf-8")
    settings = (text_model / "tokenizer_config.json").read_text(encoding="utf-8")
    (directory / "tokenizer_config.json").write_text(settings, encoding="utf-8")
    processor = Idefics3Processor(
        Idefics3ImageProcessorPil(
            size={"longest_edge": SIDE},
            max_image_size={"longest_edge": SIDE},
            # One tile a picture: a split one would cost as many tokens as a page of text.
            do_image_splitting=False,
        ),
        AutoTokenizer.from_pretrained(directory),
        image_seq_len=recipe.tokens_per_picture,
    )
    processor.image_processor.save_pretrained(directory)
    processor.save_pretrained(directory)
    # Again as they were: saving adds to them what it saw of this machine.
    (directory / "tokenizer.json").write_text(text, encoding="utf-8")
    (directory / "tokenizer_config.json").write_text(settings, encoding="utf-8")
