import pytest

from understudy.planning.hyperparameters import JobHyperparameters, resolve
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.planning.words import epochs_in_words, plan_in_words


def plan(requested: JobHyperparameters) -> SupervisedPlan:
    return plan_supervised(requested, example_count=101, hidden_size=2000, seed=1)


def test_every_auto_choice_is_explained_and_every_request_is_said_to_be_one():
    auto = JobHyperparameters()
    asked = JobHyperparameters(n_epochs=4, batch_size=2, learning_rate_multiplier=0.5)
    assert plan_in_words(plan(auto)) == (
        'Hyperparameters: n_epochs=3 ("auto": the usual 3 for 101 examples), '
        'batch_size=1 ("auto": 303 steps for 101 examples), '
        'learning_rate_multiplier=1.0 ("auto": the usual learning rate); '
        "303 steps, peak learning rate 5.00e-04, seed 1; "
        "trained: LoRA of rank 16 and alpha 32 on all linear layers"
    )
    assert plan_in_words(plan(asked)) == (
        "Hyperparameters: n_epochs=4 (as requested), batch_size=2 (as requested), "
        "learning_rate_multiplier=0.5 (as requested); "
        "204 steps, peak learning rate 2.50e-04, seed 1; "
        "trained: LoRA of rank 16 and alpha 32 on all linear layers"
    )


@pytest.mark.parametrize(
    ("count", "epochs", "why"),
    [(10, 10, "10 examples are few"), (12_000, 2, "12,000 examples are many")],
)
def test_files_of_unusual_size_are_given_as_the_reason(count: int, epochs: int, why: str):
    values = resolve(JobHyperparameters(), example_count=count)
    assert values.n_epochs == epochs
    assert why in epochs_in_words(values)
