"""Models that read images leave with all that they need to be shown images elsewhere."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForImageTextToText

from tests.seeing import FAMILIES, own_inputs, photo, shown, write_base
from tests.tiny import assistant
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.exporting.errors import ExportError
from understudy.exporting.export import export_model
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.inference.engine.seen_images import kept_picture
from understudy.modeling.checkpoints import publish_directory
from understudy.modeling.loading import load_with_own_attention
from understudy.modeling.lora import add_lora, copy_adapter, save_adapter
from understudy.modeling.vision.features import ImageFeatures
from understudy.modeling.vision.language import language_path
from understudy.planning.execution import Layout
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss


def _silent(_: str) -> None:
    pass


def _order(root: Path, family: str, format: ExportFormat) -> tuple[ExportOrder, float]:
    """Return an order for a tuned model, and its loss on an example with an image."""
    base = write_base(root / family, family)
    loaded = load_with_own_attention(base, torch.float32)
    layers = add_lora(loaded.model, rank=4, alpha=8.0, seed=1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b_OR.normal_(std=0.1)
    weights = copy_adapter(layers, rank=4, alpha=8.0)
    path = language_path(loaded.model)
    publish_directory(
        root / "adapter", lambda aside: save_adapter(aside, weights, base="tiny", within=path)
    )
    messages = [shown("What?", photo(root, 1)), assistant("Fog.")]
    example = ChatRenderer.from_directory(base).training_ids(messages, (), [False, True])
    features = ImageFeatures(loaded.model, base, partial(kept_picture, root))
    (batch,) = make_step([example], 1, 1000).micro_batches
    batch = replace(batch.seen(features), layout=Layout.PADDED)
    loss = next_token_loss(loaded.model, batch).loss.item() / sum(example.trained)
    order = ExportOrder(
        model="ft:tiny:personal::abc",
        base="tiny",
        directory=base,
        adapter=root / "adapter",
        format=format,
        number_type=NumberType.F16 if format is ExportFormat.GGUF else None,
        validation=None,
        output=root / "out",
    )
    return order, loss


def _loss_elsewhere(root: Path, order: ExportOrder, model: torch.nn.Module) -> float:
    """Return the loss of a model that plain transformers loaded, shown plain pixels."""
    image = photo(root, 1)
    example = ChatRenderer.from_directory(order.directory).training_ids(
        [shown("What?", image), assistant("Fog.")], (), [False, True]
    )
    ids = torch.tensor([example.ids])
    labels = ids.where(torch.tensor([example.trained]), -100)
    inputs = own_inputs(order.directory, root, [image], ids)
    return model(input_ids=ids, labels=labels, **inputs).loss.item()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_merged_model_sees_images_in_plain_transformers(tmp_path: Path, family: str):
    order, loss = _order(tmp_path, family, ExportFormat.MERGED)
    export_model(order, _silent)
    model = AutoModelForImageTextToText.from_pretrained(order.output, dtype=torch.float32)
    assert _loss_elsewhere(tmp_path, order, model) == pytest.approx(loss, abs=1e-4)
    assert (order.output / "preprocessor_config.json").is_file()
    assert ChatRenderer.from_directory(order.output).hash
    card = (order.output / "README.md").read_text()
    assert "AutoModelForImageTextToText" in card
    assert "AutoProcessor" in card
    assert "pipeline_tag: image-text-to-text" in card


@pytest.mark.parametrize("family", FAMILIES)
def test_an_adapter_sees_images_in_plain_transformers_and_peft(tmp_path: Path, family: str):
    order, loss = _order(tmp_path, family, ExportFormat.PEFT)
    export_model(order, _silent)
    base = AutoModelForImageTextToText.from_pretrained(order.directory, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, order.output)
    assert _loss_elsewhere(tmp_path, order, model) == pytest.approx(loss, abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_gguf_is_refused_because_the_tower_would_be_missing(tmp_path: Path, family: str):
    order, _ = _order(tmp_path, family, ExportFormat.GGUF)
    with pytest.raises(ExportError, match="the model would see nothing"):
        export_model(order, _silent)
