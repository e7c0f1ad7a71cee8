from pathlib import Path

import pytest
from transformers import Gemma2Config, GPT2Config, LlamaConfig, MambaConfig, PreTrainedConfig

from tests.unit.inference.conftest import LONG_ROPE, SMALL, save_model
from tests.unit.inference.support import answer_all, expected_greedy, request_for
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.forwards import OwnCacheForward
from understudy.inference.limits import EngineLimits

GPT2 = GPT2Config(
    vocab_size=97, n_embd=32, n_layer=2, n_head=4, n_positions=128, initializer_range=0.5
)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(Gemma2Config(**SMALL, head_dim=8), id="capped attention"),
        pytest.param(LlamaConfig(**SMALL, rope_parameters=LONG_ROPE), id="changing frequencies"),
    ],
)
def test_attention_that_is_not_plain_takes_the_path_of_one_row(
    config: PreTrainedConfig, tmp_path: Path
):
    base = save_model(config, tmp_path / "base")
    engine = load_engine(base, EngineLimits())
    assert isinstance(engine._forward, OwnCacheForward)
    (answer,) = answer_all(engine, [request_for(base, [5, 6, 7])])
    assert answer.tokens == expected_greedy(base, [5, 6, 7]).tokens


def test_an_older_architecture_is_served_too(tmp_path: Path):
    base = save_model(GPT2, tmp_path / "base")
    engine = load_engine(base, EngineLimits())
    answers = answer_all(engine, [request_for(base, prompt) for prompt in ([5, 6, 7], [8])])
    for prompt, answer in zip(([5, 6, 7], [8]), answers, strict=True):
        assert answer.tokens == expected_greedy(base, prompt).tokens


def test_a_model_without_a_cache_of_tokens_is_refused_by_name(tmp_path: Path):
    config = MambaConfig(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=4)
    base = save_model(config, tmp_path / "base")
    with pytest.raises(InvalidRequestError, match="MambaForCausalLM cannot be served"):
        load_engine(base, EngineLimits())
