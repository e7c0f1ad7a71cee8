"""What the model is trained on is what its processor makes of the same conversation."""

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoProcessor, AutoTokenizer

from built_in_models.pictures.corpus import training_conversations
from built_in_models.pictures.files import write_files
from built_in_models.pictures.recipe import VISION_NANO
from built_in_models.pictures.rendering import PictureRenderer, pixels
from built_in_models.pictures.task import PictureTask
from understudy.registry.catalogue import builtin_bases


@pytest.fixture(scope="module")
def processor(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory: Path = tmp_path_factory.mktemp("model")
    write_files(VISION_NANO, builtin_bases()["understudy-nano"].directory, directory)
    VISION_NANO.config().save_pretrained(directory)
    return AutoProcessor.from_pretrained(directory)


def messages(task: PictureTask) -> list[dict[str, Any]]:
    """A conversation as a user of transformers writes it."""
    made: list[dict[str, Any]] = []
    if task.instruction:
        made.append({"role": "system", "content": task.instruction})
    shown = [{"type": "image", "image": drawing.image} for drawing in task.pictures]
    for number, turn in enumerate(task.turns):
        text = [{"type": "text", "text": turn.question}]
        parts = text + shown if task.is_picture_last else shown + text
        made.append({"role": "user", "content": turn.question if number else parts})
        made.append({"role": "assistant", "content": turn.answer})
    return made


def test_training_conversations_are_what_the_processor_makes_of_them(processor: Any):
    renderer = PictureRenderer(processor.tokenizer, VISION_NANO.tokens_per_picture)
    for task in islice(training_conversations(5), 60):
        made = processor.apply_chat_template(
            messages(task), tokenize=True, return_dict=True, return_tensors="pt"
        )
        assert renderer.example(task)[0] == made["input_ids"][0].tolist()
        if task.pictures:
            assert torch.allclose(pixels(task.pictures), made["pixel_values"][0], atol=1e-6)


def test_only_answers_and_their_ends_are_learned(processor: Any):
    renderer = PictureRenderer(processor.tokenizer, VISION_NANO.tokens_per_picture)
    for task in islice(training_conversations(6), 20):
        ids, labels = renderer.example(task)
        learned = [token for token, label in zip(ids, labels, strict=True) if label >= 0]
        answers = "".join(f"{turn.answer}<|im_end|>" for turn in task.turns)
        assert processor.tokenizer.decode(learned) == answers


def test_a_prompt_is_the_beginning_of_its_example(processor: Any):
    renderer = PictureRenderer(processor.tokenizer, VISION_NANO.tokens_per_picture)
    for task in islice(training_conversations(6), 20):
        prompt = renderer.prompt_ids(task)
        ids, labels = renderer.example(task)
        assert ids[: len(prompt)] == prompt
        assert max(labels[: len(prompt)]) == -100


def test_a_batch_predicts_the_token_after_each_and_ignores_padding(processor: Any):
    renderer = PictureRenderer(processor.tokenizer, VISION_NANO.tokens_per_picture)
    batch = renderer.batch([([5, 6, 7], [-100, -100, 7]), ([8, 9], [-100, 9])], ())

    assert batch.tokens_BT.tolist() == [[5, 6], [8, 0]]
    assert batch.labels_BT.tolist() == [[-100, 7], [9, -100]]
    assert batch.trained_tokens == 2


def test_the_tokenizer_has_the_ids_of_the_text_model(processor: Any):
    text = AutoTokenizer.from_pretrained(builtin_bases()["understudy-nano"].directory)

    assert len(processor.tokenizer) == len(text)
    for sentence in ("What color is it?", 'Say "Zorba-7".', "{}\n"):
        assert processor.tokenizer.encode(sentence) == text.encode(sentence)
