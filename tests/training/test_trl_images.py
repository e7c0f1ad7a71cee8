"""Twenty steps on images follow TRL's vision fine-tuning, which gives pixels to the whole model."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from peft import LoraConfig
from PIL import Image as Pictures
from transformers import AutoModelForImageTextToText

from tests.seeing import blob_path, photo, processor, shown, write_base
from tests.tiny import assistant
from tests.training.test_trl import adapter_of, losses_of, same_start
from understudy.chat.messages import Image
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.inference.engine.seen_images import kept_picture
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import load_with_own_attention
from understudy.modeling.lora import add_lora
from understudy.modeling.vision.features import ImageFeatures
from understudy.modeling.vision.language import attend_with, language_path
from understudy.training.batching import OptimizerStep, make_step
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.schedule import linear_decay

# trl asks transformers by a name that transformers renamed.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`gradient_checkpointing` is deprecated:FutureWarning"
)

STEPS = 20
BATCH = 2
RATE = 5e-3
RANK = 4
ALPHA = 8.0
WORDS = ["fog", "rain", "What is the weather in Paris", "get_weather city"]
# The families' own templates write a line after an answer, which TRL learns and we do not.
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}END"
    "{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)
MARKS = {
    "idefics3": ("<image>", "<end_of_utterance>"),
    "qwen2_5_vl": ("<|vision_start|><|image_pad|><|vision_end|>", "<|im_end|>"),
}


@dataclass
class Row:
    """A question about pictures with its answer."""

    question: str
    images: list[Image]
    answer: str


def rows(root: Path) -> list[Row]:
    random = Random(0)
    return [
        Row(
            question=random.choice(WORDS),
            images=[
                photo(root, random.randrange(9), random.randrange(20, 90), random.randrange(20, 90))
                for _ in range(random.randint(1, 2))
            ],
            answer=random.choice(WORDS),
        )
        for _ in range(STEPS * BATCH)
    ]


def our_losses(
    model: Any, parameters: list[Any], data: list[RenderedExample], features: ImageFeatures
) -> list[float]:
    def steps() -> Iterator[OptimizerStep]:
        for at in range(STEPS):
            # Few tokens at once: some steps are made of several micro-batches.
            yield make_step(data[at * BATCH : (at + 1) * BATCH], at + 1, 80)

    losses: list[float] = []

    def keep(outcome: StepOutcome) -> None:
        losses.append(outcome.loss)

    run_steps(
        steps(),
        lambda batch: next_token_loss(model, batch.seen(features)),
        MasterAdamW(parameters),
        linear_decay(RATE, STEPS, warmup_steps=0),
        keep,
    )
    return losses


def their_trainer(
    model: Any, family: str, template: str, data: list[Row], root: Path, lora: LoraConfig
) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    def said(role: str, text: str, images: int = 0) -> list[dict[str, Any]]:
        parts = [{"type": "image"}] * images
        return [{"role": role, "content": [*parts, {"type": "text", "text": text}]}]

    def opened(image: Image) -> Any:
        return Pictures.open(blob_path(root, image.sha256)).convert("RGB")

    dataset = Dataset.from_list(
        [
            {
                "prompt": said("user", row.question, len(row.images)),
                "completion": said("assistant", row.answer),
                "images": [opened(image) for image in row.images],
            }
            for row in data
        ]
    )
    config = SFTConfig(
        output_dir=str(root / "trl"),
        per_device_train_batch_size=BATCH,
        max_steps=STEPS,
        learning_rate=RATE,
        lr_scheduler_type="linear",
        warmup_steps=0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        max_length=None,
        train_sampling_strategy="sequential",
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    own = processor(family)
    own.chat_template = template
    return SFTTrainer(
        model, args=config, train_dataset=dataset, processing_class=own, peft_config=lora
    )


@pytest.mark.parametrize("family", MARKS)
def test_twenty_steps_on_images_follow_trl(tmp_path: Path, family: str):
    image, end = MARKS[family]
    template = TEMPLATE.replace("IMAGE", image).replace("END", end)
    directory = write_base(tmp_path / family, family)
    (directory / "chat_template.jinja").write_text(template)
    data = rows(tmp_path)
    base = load_with_own_attention(directory, torch.float32)
    attend_with(base.model, PACKED_ATTENTION)
    path = language_path(base.model).replace(".", r"\.")
    lora = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        target_modules=rf"{path}\..*\.(q|k|v|o|gate|up|down)_proj",
        lora_dropout=0.0,
        bias="none",
    )
    theirs = AutoModelForImageTextToText.from_pretrained(directory, dtype=torch.float32)
    trainer = their_trainer(theirs, family, template, data, tmp_path, lora)
    layers = add_lora(base.model, rank=RANK, alpha=ALPHA, seed=3)
    same_start(trainer.model, layers)
    renderer = ChatRenderer.from_directory(directory)
    rendered = [
        renderer.training_ids(
            [shown(*row.images, row.question), assistant(row.answer)], (), [False, True]
        )
        for row in data
    ]
    features = ImageFeatures(base.model, directory, partial(kept_picture, tmp_path))

    parameters = [p for x in layers.values() for p in (x.a_RI, x.b_OR)]
    ours = our_losses(base.model, parameters, rendered, features)

    expected = losses_of(trainer)
    assert len(expected) == STEPS
    assert ours == pytest.approx(expected, abs=1e-4, rel=0)
    assert sum(expected[-5:]) < sum(expected[:5])
    for name, layer in layers.items():
        # B was zero, so what it is now was learned.
        learned = adapter_of(trainer.model, name)["lora_B"]
        torch.testing.assert_close(layer.b_OR, learned, rtol=0, atol=1e-3)
