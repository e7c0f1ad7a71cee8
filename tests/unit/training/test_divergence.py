import math

import pytest
import torch

from tests.tiny import examples, llama
from understudy.chat.rendering.renderer import RenderedExample
from understudy.errors import JobFailedError
from understudy.training.batching import make_step
from understudy.training.divergence import DivergenceWatch, blind_loss
from understudy.training.loop import run_steps
from understudy.training.losses import next_token_loss


def watch(losses: list[float], *, start: float, blind: float = 2.0) -> None:
    watching = DivergenceWatch(start_loss=start, blind_loss=blind)
    for step, loss in enumerate(losses, start=1):
        watching.see(step, loss)


def test_guessing_blindly_costs_the_entropy_of_the_trained_tokens():
    # Trained are 1, 1, 2 and 3; the first token is never a target, whatever its mark.
    some = [
        RenderedExample([9, 1, 1], [True, True, True]),
        RenderedExample([9, 2, 8, 3], [False, True, False, True]),
    ]
    assert blind_loss(some) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4))


def test_a_loss_that_stays_above_start_and_blind_guess_ends_the_run_with_the_numbers():
    with pytest.raises(JobFailedError) as caught:
        watch([1.0] * 15 + [9.0] * 10, start=1.0)

    assert caught.value.code == "training_diverged"
    assert caught.value.param == "hyperparameters.learning_rate_multiplier"
    assert caught.value.message == (
        "Training diverged: over steps 1 to 20 the mean loss was 3.00. It was 1.00 at the start, "
        "and guessing every token by its frequency alone would cost 2.00. "
        "Use a smaller learning_rate_multiplier."
    )


@pytest.mark.parametrize(
    ("losses", "start", "why"),
    [
        ([1.0] * 20 + [20.0] + [1.0] * 20, 1.0, "one bad step"),
        ([2.2] * 60, 1.0, "no worse than a blind guess"),
        ([8.2] * 60, 8.0, "as bad as at the start"),
        ([50.0] * 19, 1.0, "too few steps to tell"),
        ([0.0] * 10 + [1.0, 3.0, 0.5] * 20, 0.1, "easy examples first, hard ones later"),
    ],
)
def test_a_run_that_only_looks_bad_goes_on(losses: list[float], start: float, why: str):
    watch(losses, start=start)


def test_a_gradient_that_is_no_number_ends_the_run_before_anything_is_saved():
    class Overflowing:
        def zero_grad(self) -> None:
            pass

        def step(self, learning_rate: float) -> torch.Tensor:
            return torch.tensor(math.inf)

    model = llama().requires_grad_(True)
    with pytest.raises(JobFailedError, match="gradient became inf at step 1"):
        run_steps(
            [make_step(examples(1), 1, 99)],
            lambda batch: next_token_loss(model, batch),
            Overflowing(),
            lambda step: 1e-3,
            lambda outcome: pytest.fail("the step counted"),
        )
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
