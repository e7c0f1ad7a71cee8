"""What "auto" decides of a run over graded answers, and what it refuses."""

from typing import Any

import pytest

from understudy.errors import InvalidRequestError
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.learning_rate import auto_learning_rate
from understudy.planning.reinforcement import (
    ReinforcementPlan,
    ReinforcementSettings,
    plan_reinforcement,
)
from understudy.planning.words import plan_in_words
from understudy.registry.tuning import TrainedWeights

SETTINGS = ReinforcementSettings(grader={"type": "python", "name": "sum", "source": "…"})


def planned(count: int, room: int = 1000, **asked: Any) -> ReinforcementPlan:
    return plan_reinforcement(
        JobHyperparameters(**asked),
        SETTINGS,
        example_count=count,
        hidden_size=2000,
        family="llama",
        room=room,
        seed=7,
    )


@pytest.mark.parametrize(
    ("count", "batch", "epochs", "steps"),
    [
        (1, 1, 50, 50),
        (10, 8, 50, 100),
        (100, 8, 8, 104),
        (2_200, 44, 2, 100),
        (50_000, 64, 1, 782),
    ],
)
def test_auto_asks_a_fiftieth_of_the_prompts_in_about_a_hundred_steps(
    count: int, batch: int, epochs: int, steps: int
):
    values = planned(count).hyperparameters

    assert (values.batch_size, values.n_epochs, values.total_steps) == (batch, epochs, steps)


def test_a_run_is_validated_ten_times_and_at_its_end():
    plan = planned(100)

    assert (plan.hyperparameters.total_steps, plan.steps_per_checkpoint) == (104, 10)


@pytest.mark.parametrize(
    ("multiplier", "group"), [(None, 8), (1, 8), (2.5, 20), (1e-4, 4), (0.75, 6), (10, 64)]
)
def test_compute_goes_into_answers_to_each_prompt(multiplier: float | None, group: int):
    assert planned(100, compute_multiplier=multiplier).group_size == group


def test_the_learning_rate_is_a_fifth_of_that_of_examples():
    plan = planned(100, learning_rate_multiplier=0.5)

    usual = auto_learning_rate(2000, "llama", TrainedWeights.LORA)
    assert plan.learning_rate == pytest.approx(usual / 10)


def test_an_answer_is_as_long_as_the_effort_and_the_context_allow():
    assert planned(100).max_completion_tokens == 256
    assert planned(100, reasoning_effort="high").max_completion_tokens == 1000
    assert planned(100, max_completion_tokens=12).max_completion_tokens == 12


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"max_completion_tokens": 1001}, "use 1000 or less"),
        ({"batch_size": 101}, "use 100 or less"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(asked: dict[str, Any], words: str):
    with pytest.raises(InvalidRequestError, match=words) as refused:
        planned(100, **asked)

    assert refused.value.param == f"hyperparameters.{next(iter(asked))}"


def test_the_job_shows_every_number_that_was_decided():
    shown = planned(100).job_hyperparameters()

    assert shown == JobHyperparameters(
        n_epochs=8,
        batch_size=8,
        learning_rate_multiplier=1.0,
        compute_multiplier=1.0,
        eval_interval=10,
        eval_samples=1,
        reasoning_effort="default",
        max_completion_tokens=256,
    )


def test_every_auto_choice_is_explained_and_every_request_is_said_to_be_one():
    assert plan_in_words(planned(100, eval_interval=4)) == (
        'Hyperparameters: n_epochs=8 ("auto": so that there are 100 steps), batch_size=8 ("auto": '
        'a fiftieth of 100 prompts, 8 to 64), learning_rate_multiplier=1.0 ("auto": the usual '
        'learning rate of rewards), compute_multiplier=1.0 ("auto": the usual one), '
        'eval_interval=4 (as requested), eval_samples=1 ("auto": the fewest), '
        'reasoning_effort=default, max_completion_tokens=256 ("auto": by reasoning_effort, as far '
        "as the model's context allows); 104 steps of 8 prompts with 8 answers each, peak learning "
        "rate 1.00e-04, seed 7; trained: LoRA of rank 16 and alpha 32 on all linear layers"
    )
