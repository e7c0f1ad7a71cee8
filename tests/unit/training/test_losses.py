import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    GraniteConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
)

from tests.tiny import examples, llama
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.training.batching import OptimizerStep, batches, make_step
from understudy.training.loop import run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def gradients_of(
    model: PreTrainedModel, step: OptimizerStep, **options: int
) -> tuple[float, torch.Tensor]:
    model.requires_grad_(True).zero_grad()
    total = 0.0
    for micro_batch in step.micro_batches:
        loss = next_token_loss(model, micro_batch, **options).loss / step.trained_tokens
        loss.backward()
        total += loss.item()
    return total, torch.cat([p.grad.flatten() for p in model.parameters()])


def gradients(step: OptimizerStep) -> tuple[float, torch.Tensor]:
    return gradients_of(llama(), step)


def test_the_loss_equals_transformers_own_on_the_same_batch():
    model = llama()
    example = examples(1)[0]
    labels = [
        id if trained else -100 for id, trained in zip(example.ids, example.trained, strict=True)
    ]
    step = make_step([example], 1, 4096)

    ours = next_token_loss(model, step.micro_batches[0]).loss / step.trained_tokens
    model.set_attn_implementation("sdpa")
    theirs = model(input_ids=torch.tensor([example.ids]), labels=torch.tensor([labels])).loss

    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)


HEADS = [
    LlamaConfig(**SHAPE),
    LlamaConfig(**SHAPE, tie_word_embeddings=True),
    GraniteConfig(**SHAPE, logits_scaling=4.0),
    CohereConfig(**SHAPE, logit_scale=0.25, pad_token_id=0, bos_token_id=1, eos_token_id=2),
]


@pytest.mark.parametrize("config", HEADS, ids=["plain", "tied", "granite", "cohere"])
def test_gradients_equal_those_of_transformers_own_loss(config: PreTrainedConfig):
    torch.manual_seed(0)
    config.initializer_range = 0.2
    model = AutoModelForCausalLM.from_config(config, attn_implementation=PACKED_ATTENTION).eval()
    (example,) = examples(1)
    pairs = zip(example.ids, example.trained, strict=True)
    labels = [id if trained else -100 for id, trained in pairs]

    ours, ours_gradient = gradients_of(model, make_step([example], 1, 4096), logit_bytes=1)
    model.set_attn_implementation("sdpa")
    model.zero_grad()
    theirs = model(input_ids=torch.tensor([example.ids]), labels=torch.tensor([labels])).loss
    theirs.backward()
    theirs_gradient = torch.cat([p.grad.flatten() for p in model.parameters()])

    assert ours == pytest.approx(theirs.item(), rel=1e-6)
    torch.testing.assert_close(ours_gradient, theirs_gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 7, 10**6])
def test_logits_taken_slice_by_slice_change_neither_loss_nor_gradient(rows: int):
    step = make_step(examples(6), 1, 4096)

    whole_loss, whole = gradients(step)
    sliced_loss, sliced = gradients_of(llama(), step, logit_bytes=rows * 4 * 97)

    assert sliced_loss == pytest.approx(whole_loss, rel=1e-6)
    torch.testing.assert_close(sliced, whole, rtol=1e-5, atol=1e-7)


def test_packed_examples_have_the_loss_and_gradient_of_single_ones():
    some = examples(6)

    packed_loss, packed = gradients(make_step(some, 1, 4096))
    single_loss, single = gradients(make_step(some, 1, 1))

    assert packed_loss == pytest.approx(single_loss, rel=1e-5)
    torch.testing.assert_close(packed, single, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("tokens_per_micro_batch", [1, 20, 33, 60])
def test_cutting_a_batch_differently_changes_neither_loss_nor_gradient(tokens_per_micro_batch: int):
    some = examples(9, seed=3)

    whole_loss, whole = gradients(make_step(some, 1, 4096))
    cut_loss, cut = gradients(make_step(some, 1, tokens_per_micro_batch))

    assert cut_loss == pytest.approx(whole_loss, rel=1e-5)
    torch.testing.assert_close(cut, whole, rtol=1e-4, atol=1e-7)


def test_the_first_token_of_an_example_is_never_a_target():
    step = make_step(
        [RenderedExample([5, 6], [True, True]), RenderedExample([7, 8], [True, True])], 1, 99
    )

    assert step.micro_batches[0].targets_R.tolist() == [6, 8]
    assert step.trained_tokens == 2


def test_a_run_asked_for_again_from_the_middle_yields_the_same_steps():
    some = examples(7)
    settings = {"epochs": 3, "batch_size": 2, "tokens_per_micro_batch": 50, "seed": 5}

    whole = list(batches(some, **settings))
    rest = list(batches(some, **settings, after_step=5))

    assert [step.number for step in whole] == list(range(1, 13))
    for again, before in zip(rest, whole[5:], strict=True):
        assert again.number == before.number
        assert torch.equal(again.micro_batches[0].tokens_T, before.micro_batches[0].tokens_T)


def test_every_epoch_visits_every_example_once_in_another_order():
    some = [RenderedExample([number, number], [False, True]) for number in range(10)]

    steps = list(batches(some, epochs=2, batch_size=1, tokens_per_micro_batch=9, seed=1))
    visits = [int(step.micro_batches[0].tokens_T[0]) for step in steps]

    assert sorted(visits[:10]) == sorted(visits[10:]) == list(range(10))
    assert visits[:10] != visits[10:]


def test_masters_in_float32_keep_what_bfloat16_would_lose():
    parameter = torch.nn.Parameter(torch.ones(4, 4, dtype=torch.bfloat16))
    optimizer = MasterAdamW([parameter])

    for _ in range(50):
        parameter.grad = torch.ones_like(parameter)
        optimizer.step(1e-4)

    # One step of 1e-4 is below bfloat16's spacing at one; fifty of them are not.
    assert parameter[0, 0].item() == pytest.approx(1 - 50e-4, abs=4e-3)
    assert parameter[0, 0].item() < 1


def test_a_loss_that_is_no_number_ends_the_run_with_advice():
    from understudy.errors import JobFailedError

    model = llama().requires_grad_(True)
    with torch.no_grad():
        model.get_input_embeddings().weight.fill_(float("nan"))

    with pytest.raises(JobFailedError, match="learning_rate_multiplier"):
        run_steps(
            [make_step(examples(1), 1, 99)],
            lambda batch: next_token_loss(model, batch),
            MasterAdamW(list(model.parameters())),
            lambda step: 1e-3,
            lambda outcome: None,
        )
