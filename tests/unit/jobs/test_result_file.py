from understudy.jobs.result_file import result_table
from understudy.training.metrics import StepMetrics


def test_the_result_has_openais_columns_with_five_decimals_and_blanks():
    steps = [
        StepMetrics(step=1, total_steps=2, train_loss=1.23456789, train_mean_token_accuracy=1 / 3),
        StepMetrics(
            step=2,
            total_steps=2,
            train_loss=0.5,
            train_mean_token_accuracy=1.0,
            valid_loss=0.123456,
            valid_mean_token_accuracy=0.0,
            full_valid_loss=9.0,
        ),
    ]
    assert result_table(steps) == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
        "1,1.23457,0.33333,,\n"
        "2,0.5,1.0,0.12346,0.0\n"
    )
