"""`understudy distill --method`: which options belong to which method."""

import pytest
import typer

from understudy.cli.distill.selection import LearningMethod, method_of


def test_settings_that_are_left_out_are_left_to_the_server():
    assert method_of(LearningMethod.PROBABILITIES, {"top_k": None, "mix": 0.2}) == {
        "type": "probabilities",
        "mix": 0.2,
    }


@pytest.mark.parametrize(
    ("method", "setting", "owner"),
    [
        (LearningMethod.ANSWERS, "top_k", "probabilities"),
        (LearningMethod.ON_POLICY, "mix", "probabilities"),
        (LearningMethod.PROBABILITIES, "max_tokens", "on_policy"),
    ],
)
def test_an_option_of_another_method_is_refused_by_name(
    method: LearningMethod, setting: str, owner: str
):
    with pytest.raises(typer.BadParameter, match=f"--method {owner}"):
        method_of(method, {setting: 1})
