from understudy.training.judgement import (
    EpochLosses,
    best_epoch,
    best_in_words,
    epochs_of,
    is_overfitting,
    overfitting_in_words,
    remarks_on,
)
from understudy.training.metrics import StepMetrics


def epochs(*losses: tuple[float, float]) -> list[EpochLosses]:
    return [EpochLosses(n, 10 * n, *pair) for n, pair in enumerate(losses, 1)]


def step(number: int, train: float, full: float | None = None) -> StepMetrics:
    return StepMetrics(
        step=number,
        total_steps=4,
        train_loss=train,
        train_mean_token_accuracy=0.5,
        full_valid_loss=full,
    )


def test_an_epoch_is_the_mean_of_its_steps_and_the_validation_at_its_end():
    steps = [step(1, 4.0), step(2, 2.0, 2.5), step(3, 1.0), step(4, 0.5, 2.0)]
    assert epochs_of(steps) == [EpochLosses(1, 2, 3.0, 2.5), EpochLosses(2, 4, 0.75, 2.0)]


def test_without_a_validation_file_there_is_nothing_to_judge():
    assert epochs_of([step(1, 4.0), step(2, 2.0)]) == []
    assert not is_overfitting([])


def test_the_best_epoch_has_the_lowest_validation_loss_and_the_earlier_of_equals_wins():
    assert best_epoch(epochs((3, 2), (2, 1), (1, 1))).epoch == 2


def test_validation_that_rises_twice_while_training_falls_is_overfitting():
    assert is_overfitting(epochs((3, 1.0), (2, 1.1), (1, 1.2)))
    assert is_overfitting(epochs((4, 2.0), (3, 1.0), (2, 1.1), (1, 1.2)))


def test_one_rise_or_a_training_loss_that_rises_too_is_not():
    assert not is_overfitting(epochs((2, 1.0), (1, 1.1)))
    assert not is_overfitting(epochs((3, 1.2), (2, 1.0), (1, 1.1)))
    assert not is_overfitting(epochs((1, 1.0), (2, 1.1), (3, 1.2)))


def test_the_best_checkpoint_is_named_as_long_as_it_is_kept():
    told = epochs((3, 1.0), (2, 1.1), (1, 1.2))
    start = "Best full validation loss: 1.0000 at step 10, the end of epoch 1 of 3; its checkpoint "
    assert best_in_words(told, {10: "ft:a:ckpt-step-10"}) == start + "is ft:a:ckpt-step-10"
    assert best_in_words(told, {20: "x"}).startswith(start + "is no longer kept")
    assert best_in_words(told[:1], {10: "x"}).endswith("becomes the fine-tuned model")


def test_overfitting_is_told_with_its_numbers_and_what_to_do():
    text = overfitting_in_words(epochs((3, 1.0), (2, 1.1), (1, 1.2)))
    assert "best after epoch 1 (1.0000) and is 1.2000 after epoch 3" in text
    assert "n_epochs=1" in text


def test_a_run_without_validation_is_not_remarked_on_and_only_overfitting_is_a_warning():
    assert remarks_on([step(1, 4.0), step(2, 2.0)], {}) == []
    (best,) = remarks_on([step(1, 4.0, 3.0), step(2, 2.0, 2.0)], {})
    assert not best.is_warning
    rising = [step(1, 4.0, 1.0), step(2, 2.0, 2.0), step(3, 1.0, 3.0)]
    assert [remark.is_warning for remark in remarks_on(rising, {})] == [False, True]


def of_pairs(*chosen_rewards: float) -> list[StepMetrics]:
    return [
        StepMetrics(
            step=number,
            total_steps=len(chosen_rewards),
            train_loss=0.5,
            more={"train_chosen_reward": reward},
        )
        for number, reward in enumerate(chosen_rewards, 1)
    ]


def test_preferred_answers_that_became_less_likely_are_a_warning():
    (remark,) = remarks_on(of_pairs(0.0, -0.2, -0.4), {})

    assert remark.is_warning
    assert "became less likely" in remark.text
    assert "sft_weight" in remark.text


def test_preferred_answers_that_became_likelier_are_none():
    assert remarks_on(of_pairs(0.0, -0.2, 0.4), {}) == []
