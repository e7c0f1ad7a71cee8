import copy

import pytest
import torch

from tests.tiny import examples, llama
from understudy.modeling import linear
from understudy.modeling.linear import OneDnnLinear, use_fastest_linear
from understudy.modeling.lora import add_lora
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss


@pytest.fixture
def onednn_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "is_onednn_faster", lambda: True)


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    batch = make_step(examples(6), 1, 999).micro_batches[0]
    model.zero_grad()
    next_token_loss(model, batch).loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.usefixtures("onednn_wins")
def test_loss_and_gradients_are_those_of_the_usual_layers():
    plain = llama().requires_grad_(True)
    fast = copy.deepcopy(plain)
    use_fastest_linear(fast)
    assert sum(isinstance(module, OneDnnLinear) for module in fast.modules()) == 15

    usual, ours = gradients(plain), gradients(fast)
    assert ours.keys() == usual.keys()
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, usual[name], rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("onednn_wins")
def test_a_layer_with_a_bias_gives_the_same_output_and_gradients():
    usual = torch.nn.Linear(8, 6)
    ours = copy.deepcopy(usual)
    use_fastest_linear(ours)
    x = torch.randn(2, 3, 8, requires_grad=True)
    for layer in (usual, ours):
        layer(x).square().sum().backward()
    torch.testing.assert_close(ours(x), usual(x))
    torch.testing.assert_close(ours.weight.grad, usual.weight.grad)
    torch.testing.assert_close(ours.bias.grad, usual.bias.grad)


@pytest.mark.usefixtures("onednn_wins")
def test_lora_at_its_start_is_still_exactly_the_base():
    model = llama()
    use_fastest_linear(model)
    batch = make_step(examples(6), 1, 999).micro_batches[0]
    before = next_token_loss(model, batch).loss
    add_lora(model, rank=4, alpha=8.0, seed=1)
    assert torch.equal(next_token_loss(model, batch).loss.detach(), before)


@pytest.mark.usefixtures("onednn_wins")
def test_other_formats_are_left_alone():
    model = llama().to(torch.bfloat16)
    use_fastest_linear(model)
    assert not any(isinstance(module, OneDnnLinear) for module in model.modules())


def test_the_faster_library_is_found_by_trying():
    assert linear.is_onednn_faster() in (True, False)
