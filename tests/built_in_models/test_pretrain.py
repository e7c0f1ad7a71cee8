from dataclasses import replace
from pathlib import Path

import pytest
import torch

from built_in_models.pretrain import pretrain, warm_stable_decay
from built_in_models.recipes import NANO, RECIPES
from built_in_models.tokenizer import SPECIAL_TOKENS, save_tokenizer
from tests.tiny import TEMPLATE, tokenizer

MINUTE = replace(NANO, hidden_size=32, intermediate_size=64, layers=2, heads=2, key_value_heads=1)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    save_tokenizer(tokenizer(), tmp_path, TEMPLATE)
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


@pytest.mark.slow
def test_pretraining_learns_and_reports_its_pace(directory: Path):
    lines: list[str] = []

    pretrain(replace(MINUTE, steps=100, examples_per_step=4), directory, lines.append)

    first, last = (float(line.split()[3]) for line in lines)
    assert [line.split()[1] for line in lines] == ["50/100", "100/100"]
    assert last < 0.9 * first


def test_the_same_seed_gives_the_same_weights(directory: Path):
    recipe = replace(MINUTE, steps=3, examples_per_step=2)

    one, two = (pretrain(recipe, directory, print).state_dict() for _ in range(2))

    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_word_is_the_same_ids_wherever_it_stands():
    alone = tokenizer().encode("weather").ids

    for text in ("the weather", '"weather"', "(weather)"):
        assert (
            tokenizer().encode(text).ids[-len(alone) - (text[-1] in ')"') :][: len(alone)] == alone
        )


def test_digits_stand_alone():
    assert len(tokenizer().encode("2026").ids) == 4


def test_special_tokens_come_first_in_the_vocabulary():
    assert [tokenizer().id_to_token(id) for id in range(len(SPECIAL_TOKENS))] == list(
        SPECIAL_TOKENS
    )


def test_the_rate_is_held_and_then_falls():
    rate = warm_stable_decay(1.0, 100)

    assert rate(1) == 0.5
    assert rate(2) == rate(60) == 1.0
    assert rate(80) == pytest.approx(21 / 41)
    assert 0 < rate(100) < 0.03


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_recipe_is_a_shape_that_transformers_accepts(recipe):
    config = recipe.config()

    assert config.hidden_size % config.num_attention_heads == 0
    assert config.tie_word_embeddings
