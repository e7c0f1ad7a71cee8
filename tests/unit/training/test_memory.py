"""How a run is fitted into memory, and that none of the ways to do so changes what it computes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.tiny import examples, llama
from tests.unit.training.test_losses import gradients_of
from tests.unit.training.test_supervised import Recorder, plan
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.modeling.activations import measure_activations
from understudy.modeling.forward import hidden_states
from understudy.modeling.loading import LoadedBase
from understudy.modeling.packing import examine_packing
from understudy.modeling.recomputation import recomputing
from understudy.planning.activations import ActivationCost
from understudy.planning.execution import Execution, Layout
from understudy.planning.memory import Demand, fit_in_memory
from understudy.registry.tuning import FullTuning, LoraTuning
from understudy.training.batching import make_step
from understudy.training.memory import demand_of
from understudy.training.supervised import Examples, train_supervised

COST = ActivationCost(
    bytes_per_token=1000.0,
    bytes_per_pair=0.0,
    longest_with_pairs=None,
    layers=10,
    bytes_per_layer_input=10,
)
DEMAND = Demand(
    layout=Layout.PACKED,
    is_alone=False,
    activations=COST,
    can_recompute=True,
    trained_weights=1000,
    training_bytes=1_000_000,
    logit_bytes=0,
    longest=1000,
    batch_size=8,
    is_full=True,
)


def free(activations: int) -> int:
    """So much that this is left for activations, once the usable share is taken."""
    return round((DEMAND.training_bytes + activations) / 0.8) + 1


def test_with_enough_memory_as_much_is_computed_at_once_as_is_any_faster():
    assert fit_in_memory(DEMAND, 10**9) == Execution(tokens_per_micro_batch=4096)


def test_a_small_job_asks_for_no_more_than_its_largest_step_has():
    small = replace(DEMAND, longest=100, batch_size=2)
    assert fit_in_memory(small, free(200_000)) == Execution(tokens_per_micro_batch=200)


def test_less_is_computed_at_once_before_anything_is_recomputed():
    chosen = fit_in_memory(DEMAND, free(1_500_000))
    assert (chosen.tokens_per_micro_batch, chosen.recomputes) == (1500, False)


def test_layers_are_recomputed_when_the_longest_example_does_not_fit_otherwise():
    # A token costs ten bytes a layer, and a tenth of a thousand for the layer in work.
    chosen = fit_in_memory(DEMAND, free(500_000))
    assert (chosen.tokens_per_micro_batch, chosen.recomputes) == (2500, True)


def test_a_job_that_cannot_fit_is_refused_with_the_numbers_and_what_helps():
    with pytest.raises(JobFailedError) as caught:
        fit_in_memory(replace(DEMAND, training_bytes=10**10), 5 * 10**9)

    assert caught.value.code == "insufficient_memory"
    assert "needs about 12.50 GB, and 5.00 GB are free" in caught.value.message
    assert "10.00 GB of it are for the gradients and the optimizer of 1,000 trained weights" in (
        caught.value.message
    )
    assert 'training = "lora"' in caught.value.message


def test_examples_that_may_share_no_batch_are_computed_alone():
    alone = replace(DEMAND, layout=Layout.PADDED, is_alone=True)
    assert fit_in_memory(alone, 10**9).tokens_per_micro_batch == 1


def test_after_running_out_of_memory_less_is_tried_until_there_is_nothing_less():
    first = Execution(tokens_per_micro_batch=4096)
    second = first.smaller(3000, can_recompute=True)
    assert second == Execution(tokens_per_micro_batch=3000, recomputes=True)
    assert second.smaller(3000, can_recompute=True) is None


def base(**shape: int) -> LoadedBase:
    return LoadedBase(directory=Path(), model=llama(**shape), dtype=torch.float32)


def test_full_fine_tuning_needs_memory_for_every_weight_and_lora_for_its_own():
    loaded = base()
    packing = examine_packing(loaded.model, "sdpa")
    full = demand_of(loaded, packing, FullTuning(), longest=50, batch_size=2)
    lora = demand_of(loaded, packing, LoraTuning(rank=2), longest=50, batch_size=2)

    assert full.trained_weights == sum(p.numel() for p in loaded.model.parameters())
    # Gradient, two moments; the copy being saved has weight, master and two moments.
    assert full.training_bytes == full.trained_weights * (4 + 8 + 16)
    # Two layers of 4 x 32, 2 x 16 and MLPs of 48, adapted with two rows and columns each.
    per_layer = 2 * ((32 + 32) + 2 * (32 + 16) + (32 + 32) + 3 * (32 + 48))
    assert lora.trained_weights == 2 * per_layer


def test_layers_that_a_model_does_not_have_are_named_before_it_is_trained():
    loaded = base()
    packing = examine_packing(loaded.model, "sdpa")
    with pytest.raises(InvalidRequestError, match=r"no linear layers named c_attn; .*down_proj"):
        demand_of(loaded, packing, LoraTuning(targets=("c_attn",)), longest=9, batch_size=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", list(Layout))
def test_the_measured_cost_foretells_what_a_batch_keeps(dtype: torch.dtype, layout: Layout):
    model = llama(hidden_size=64, intermediate_size=160).to(dtype)
    if layout is Layout.PADDED:
        model.set_attn_implementation("sdpa")
    cost = measure_activations(model, layout)
    lengths = (200, 200, 200)

    kept: dict[int, torch.Tensor] = {}
    weights = {p.untyped_storage().data_ptr() for p in model.requires_grad_(True).parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        tokens = torch.arange(600) % 97
        positions = torch.cat([torch.arange(length) for length in lengths])
        hidden_states(model, tokens, positions, lengths, layout)
    really = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())

    assert cost.kept(600, 200) == pytest.approx(really, rel=0.1)


def test_recomputing_layers_changes_neither_loss_nor_gradient():
    step = make_step(examples(6), 1, 4096)
    model = llama()
    loss, expected = gradients_of(model, step)

    with recomputing(model, is_on=True):
        again, recomputed = gradients_of(model, step)

    assert again == loss
    torch.testing.assert_close(recomputed, expected, rtol=1e-6, atol=1e-8)
    assert not any(module.training for module in model.modules())


def test_recomputed_layers_run_twice():
    model = llama()
    calls: list[int] = []
    model.model.layers[0].input_layernorm.register_forward_hook(lambda *_: calls.append(1))

    with recomputing(model, is_on=True):
        gradients_of(model, make_step(examples(2), 1, 4096))

    assert len(calls) == 2


@pytest.mark.parametrize("tuning", [LoraTuning(), FullTuning()])
def test_a_run_that_recomputes_its_layers_ends_with_the_same_losses(
    tmp_path: Path, tuning: LoraTuning | FullTuning
):
    def losses(execution: Execution) -> list[float]:
        run = Recorder()
        train_supervised(
            replace(plan(epochs=1), tuning=tuning, execution=execution),
            base(),
            Examples(training=examples(12), validation=[]),
            run,
            directory=tmp_path / str(execution.recomputes),
            base_name="tiny",
        )
        return [metrics.train_loss for metrics in run.steps]

    assert losses(Execution(recomputes=True)) == pytest.approx(losses(Execution()), rel=1e-5)
