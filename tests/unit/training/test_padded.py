"""Models that cannot be packed: a padded batch has the loss and gradient of its examples."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BambaConfig,
    Gemma2Config,
    Lfm2Config,
    MistralConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen3NextConfig,
)

from tests.tiny import examples, llama
from tests.unit.training.test_supervised import Recorder, plan
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.loading import LoadedBase
from understudy.planning.execution import Execution, Layout
from understudy.training.batching import OptimizerStep, make_step
from understudy.training.losses import next_token_loss
from understudy.training.supervised import Examples, train_supervised

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
LINEAR = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "layer_types": ["linear_attention", "full_attention"],
}
EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
}
STATE_SPACE = {
    "mamba_n_heads": 4,
    "mamba_d_head": 16,
    "mamba_d_state": 8,
    "attn_layer_indices": [1],
}
FAMILIES = [
    (MistralConfig(**SHAPE, sliding_window=8), "sdpa"),
    (Gemma2Config(**SHAPE, head_dim=8, sliding_window=8), "eager"),
    (Lfm2Config(**SHAPE, layer_types=["conv", "full_attention"]), "sdpa"),
    (BambaConfig(**SHAPE, **STATE_SPACE), "sdpa"),
    (Qwen3NextConfig(**SHAPE, **LINEAR, **EXPERTS, head_dim=8), "sdpa"),
]
families = pytest.mark.parametrize(
    ("config", "attention"), FAMILIES, ids=[config.model_type for config, _ in FAMILIES]
)


def build(config: PreTrainedConfig, attention: str) -> PreTrainedModel:
    torch.manual_seed(0)
    config.initializer_range = 0.2
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention).eval()


def gradients(model: PreTrainedModel, step: OptimizerStep) -> tuple[float, torch.Tensor]:
    model.requires_grad_(True).zero_grad()
    total = 0.0
    for micro_batch in step.micro_batches:
        loss = next_token_loss(model, micro_batch).loss / step.trained_tokens
        loss.backward()
        total += loss.item()
    return total, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def transformers_own(model: PreTrainedModel, example: RenderedExample) -> tuple[float, int]:
    pairs = zip(example.ids, example.trained, strict=True)
    labels = torch.tensor([[id if trained else -100 for id, trained in pairs]])
    output = model(input_ids=torch.tensor([example.ids]), labels=labels)
    # A model of experts adds its own loss to its logits'; only the latter is compared.
    logits, targets = output.logits[0, :-1], labels[0, 1:]
    loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    return loss.item(), int((targets != -100).sum())


@families
def test_a_padded_batch_has_the_loss_and_gradient_of_its_examples(
    config: PreTrainedConfig, attention: str
):
    model = build(config, attention)
    some = examples(5)

    padded_loss, padded = gradients(model, make_step(some, 1, 4096, Layout.PADDED))
    single_loss, single = gradients(model, make_step(some, 1, 1, Layout.PADDED))

    assert padded_loss == pytest.approx(single_loss, rel=1e-5)
    torch.testing.assert_close(padded, single, rtol=1e-3, atol=1e-6)


@families
def test_the_padded_loss_is_transformers_own(config: PreTrainedConfig, attention: str):
    model = build(config, attention)
    some = examples(3)
    step = make_step(some, 1, 4096, Layout.PADDED)

    with torch.no_grad():
        ours = next_token_loss(model, step.micro_batches[0]).loss.item()
        parts = [transformers_own(model, example) for example in some]

    assert ours == pytest.approx(sum(loss for loss, _ in parts), rel=1e-5)
    assert step.trained_tokens == sum(tokens for _, tokens in parts)


def test_padding_counts_against_the_tokens_that_are_computed_at_once():
    lengths = [4, 4, 16, 16]
    some = [RenderedExample([1] * length, [True] * length) for length in lengths]

    packed = make_step(some, 1, 40, Layout.PACKED)
    padded = make_step(some, 1, 40, Layout.PADDED)

    assert [micro.segments for micro in packed.micro_batches] == [(4, 4, 16, 16)]
    assert [micro.segments for micro in padded.micro_batches] == [(4, 4), (16, 16)]


def test_a_plain_model_trained_padded_learns_what_it_learns_packed(tmp_path: Path):
    def losses(layout: Layout) -> list[float]:
        run = Recorder()
        train_supervised(
            replace(plan(multiplier=4), execution=Execution(layout=layout)),
            LoadedBase(directory=tmp_path, model=llama(), dtype=torch.float32),
            Examples(training=examples(12), validation=[]),
            run,
            directory=tmp_path / layout,
            base_name="tiny",
        )
        return [metrics.train_loss for metrics in run.steps]

    padded, packed = losses(Layout.PADDED), losses(Layout.PACKED)
    # Adam makes rounding larger with every step: gradients near zero may have another sign.
    assert padded[:10] == pytest.approx(packed[:10], rel=1e-4)
    assert padded == pytest.approx(packed, rel=0.05)


def test_a_hybrid_model_is_trained_with_lora(tmp_path: Path):
    run = Recorder()
    train_supervised(
        replace(plan(epochs=6, multiplier=4), execution=Execution(layout=Layout.PADDED)),
        LoadedBase(directory=tmp_path, model=build(*FAMILIES[2]), dtype=torch.float32),
        Examples(training=examples(12), validation=[]),
        run,
        directory=tmp_path,
        base_name="tiny",
    )
    assert run.steps[-1].train_loss < run.steps[0].train_loss * 0.9
