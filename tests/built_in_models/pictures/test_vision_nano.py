"""The model that ships: plain transformers loads it, and it answers as its card says."""

import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from transformers import AutoModelForImageTextToText, AutoProcessor

from built_in_models.pictures.corpus import evaluation_conversations
from built_in_models.pictures.evaluate import answers
from built_in_models.pictures.recipe import VISION_NANO
from built_in_models.pictures.scene_questions import SCENE_FAMILIES
from built_in_models.pictures.task import PictureTask, is_correct
from built_in_models.world import Split
from understudy.chat.messages import Image as Shown
from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.registry.catalogue import builtin_bases

DIRECTORY: Path = builtin_bases()["understudy-vision-nano"].directory
CARD_SEED = 1_000_003


@pytest.fixture(scope="module")
def processor() -> Any:
    return AutoProcessor.from_pretrained(DIRECTORY)


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForImageTextToText.from_pretrained(DIRECTORY, dtype=torch.float32).eval()


def answer(model: Any, processor: Any, picture: Image.Image | None, question: str) -> str:
    """Ask as any user of transformers does."""
    shown = [] if picture is None else [{"type": "image", "image": picture}]
    asked = processor.apply_chat_template(
        [{"role": "user", "content": [*shown, {"type": "text", "text": question}]}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    said = model.generate(**asked, max_new_tokens=24, do_sample=False)
    return processor.decode(said[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)


def colored(color: str, size: tuple[int, int] = (200, 200)) -> Image.Image:
    """A disc of that color in the middle of a white picture."""
    image = Image.new("RGB", size, "white")
    width, height = size
    box = (width * 0.25, height * 0.25, width * 0.75, height * 0.75)
    ImageDraw.Draw(image).ellipse(box, fill=color)
    return image


@pytest.mark.parametrize("color", ["red", "blue", "yellow", "black"])
def test_plain_transformers_sees_the_color_of_a_picture(model: Any, processor: Any, color: str):
    assert answer(model, processor, colored(color), "What color is the circle?") == color


def test_a_photograph_s_size_is_no_matter(model: Any, processor: Any):
    picture = colored("green", (1600, 1200))
    assert answer(model, processor, picture, "What color is it?") == "green"


def test_without_a_picture_it_says_that_it_sees_none(model: Any, processor: Any):
    assert answer(model, processor, None, "What shape is it?") == "I do not see a picture."


def test_another_picture_changes_the_answers():
    rng = Random(5)
    family = SCENE_FAMILIES["one_color"]
    scenes = [family.draw(rng, Split.TRAINING) for _ in range(40)]
    tasks = [
        PictureTask(family="one_color", pictures=(scene.drawing,), turns=(family.ask(rng, scene),))
        for scene in scenes
    ]
    swapped = [
        replace(task, pictures=other.pictures)
        for task, other in zip(tasks, tasks[1:] + tasks[:1], strict=True)
    ]
    seen = [scene.things[0].color for scene in scenes]

    right = sum(map(is_correct, seen, answers(DIRECTORY, tasks)))
    followed = sum(map(is_correct, seen[1:] + seen[:1], answers(DIRECTORY, swapped)))

    assert right >= 36
    assert followed >= 32


def test_held_out_answers_are_as_often_right_as_the_card_says():
    card = (DIRECTORY / "README.md").read_text(encoding="utf-8")
    shares = {
        family: int(right) / int(asked)
        for family, right, asked in re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|", card, re.M)
    }
    tasks = evaluation_conversations(CARD_SEED, 10)
    assert {task.family for task in tasks} == shares.keys()

    said = answers(DIRECTORY, tasks)
    right = sum(
        is_correct(task.turns[0].answer, one) for task, one in zip(tasks, said, strict=True)
    )

    expected = sum(shares[task.family] for task in tasks)
    assert right == pytest.approx(expected, abs=0.08 * len(tasks))


def test_the_weights_are_those_of_the_recipe(model: Any):
    assert (DIRECTORY / "model.safetensors").stat().st_size < 6_000_000
    config, made = model.config, VISION_NANO.config()
    for mine, recipe in (
        (config.vision_config, made.vision_config),
        (config.text_config, made.text_config),
    ):
        assert mine.hidden_size == recipe.hidden_size
        assert mine.num_hidden_layers == recipe.num_hidden_layers


def test_pictures_in_later_turns_are_learned_from():
    renderer = ChatRenderer.from_directory(DIRECTORY)
    shown = Shown(sha256="0" * 64, width=64, height=64)
    asked = Message(role=Role.USER, content="What color?", parts=("What color?", shown))
    said = Message(role=Role.ASSISTANT, content="red")

    example = renderer.training_ids([asked, said, asked, said], (), [False, True, False, True])

    pairs = zip(example.ids, example.trained, strict=True)
    assert renderer.decode([token for token, is_trained in pairs if is_trained]).count("red") == 2
