import pytest

from understudy.registry.tuning import (
    FullTuning,
    LoraTuning,
    Tuning,
    tuning_from_json,
    tuning_in_words,
    tuning_to_json,
)


def test_a_tuning_is_said_in_words():
    assert tuning_in_words(LoraTuning()) == "LoRA of rank 16 and alpha 32 on all linear layers"
    assert tuning_in_words(FullTuning()) == "all weights"


@pytest.mark.parametrize(
    "tuning", [FullTuning(), LoraTuning(rank=3, alpha=1.5, targets=("q_proj", "v_proj"))]
)
def test_a_row_keeps_a_tuning_whole(tuning: Tuning):
    assert tuning_from_json(tuning_to_json(tuning)) == tuning
