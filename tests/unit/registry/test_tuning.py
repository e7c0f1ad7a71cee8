import pytest

from understudy.registry.tuning import (
    FullTuning,
    LoraTuning,
    Tuning,
    WrongTuningError,
    read_tuning,
    tuning_from_json,
    tuning_in_words,
    tuning_to_json,
)


def test_nothing_said_is_lora_on_all_linear_layers():
    assert read_tuning({}) == LoraTuning(rank=16, alpha=32.0, targets=())
    assert tuning_in_words(read_tuning({})) == "LoRA of rank 16 and alpha 32 on all linear layers"


def test_alpha_follows_the_rank_unless_it_is_said():
    assert read_tuning({"lora_rank": 4}) == LoraTuning(rank=4, alpha=8.0)
    assert read_tuning({"lora_rank": 4, "lora_alpha": 3}) == LoraTuning(rank=4, alpha=3.0)


def test_all_weights_are_trained_where_that_is_said():
    assert read_tuning({"training": "full"}) == FullTuning()
    assert tuning_in_words(FullTuning()) == "all weights"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"training": "qlora"}, 'must be "lora" or "full", not \'qlora\''),
        ({"training": ["full"]}, "must be"),
        ({"training": "full", "lora_alpha": 2.0}, "lora_alpha means nothing"),
        ({"lora_rank": 0}, "from 1 to 1024"),
        ({"lora_rank": True}, "whole number"),
        ({"lora_rank": "16"}, "whole number"),
        ({"lora_alpha": -1}, "above 0"),
        ({"lora_alpha": float("nan")}, "above 0"),
        ({"lora_targets": "q_proj"}, "must be a list"),
        ({"lora_targets": [""]}, "must be a list"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(said: dict[str, object], complaint: str):
    with pytest.raises(WrongTuningError, match=complaint):
        read_tuning(said)


@pytest.mark.parametrize(
    "tuning", [FullTuning(), LoraTuning(rank=3, alpha=1.5, targets=("q_proj", "v_proj"))]
)
def test_a_row_keeps_a_tuning_whole(tuning: Tuning):
    assert tuning_from_json(tuning_to_json(tuning)) == tuning
