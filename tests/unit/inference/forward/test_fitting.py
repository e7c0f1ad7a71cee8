from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    PreTrainedConfig,
)

from tests.unit.inference.conftest import LONG_ROPE, SMALL, save_model
from tests.unit.inference.support import answer_all, expected_greedy, request_for
from tests.unit.modeling.real_scales import DEEP, scaled_like_a_real_model
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.fitting import fitting_forward
from understudy.inference.forward.forwards import OwnCacheForward, SlotForward
from understudy.inference.forward.layout import SlotLayout, Span, View
from understudy.inference.limits import EngineLimits
from understudy.modeling.own_faults import OwnFaultError

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


def test_a_verdict_does_not_hang_on_rounding(monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(0)
    config = LlamaConfig(**DEEP, initializer_range=0.2, max_position_embeddings=128)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    model = scaled_like_a_real_model(model).to(torch.bfloat16)

    found = fitting_forward(model, "sdpa", 128, EngineLimits())

    assert found is not None
    assert found.fit.is_batched
    assert "answers many requests together (float32 logits differ by" in found.fit.words


def test_a_way_that_computes_something_else_is_refused_however_much_the_model_rounds(
    monkeypatch: pytest.MonkeyPatch,
):
    torch.manual_seed(0)
    config = LlamaConfig(**DEEP, initializer_range=0.2, max_position_embeddings=128)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    model = scaled_like_a_real_model(model).to(torch.bfloat16)
    usual = SlotForward.run

    def one_position_off(self: SlotForward, spans: Sequence[Span]) -> torch.Tensor:
        return usual(self, [span._replace(tokens=span.tokens[::-1]) for span in spans])

    monkeypatch.setattr(SlotForward, "run", one_position_off)
    found = fitting_forward(model, "sdpa", 128, EngineLimits())

    assert found is not None
    assert not found.fit.is_batched
    assert "one request at a time: float32 logits differ by" in found.fit.words


def test_a_window_that_is_not_kept_is_noticed_though_it_is_longer_than_the_trial(
    monkeypatch: pytest.MonkeyPatch,
):
    def everything(self: SlotLayout, window: int | None) -> View:
        return usual(self, None)

    usual = SlotLayout.view
    monkeypatch.setattr(SlotLayout, "view", everything)
    monkeypatch.setattr(Span, "first_seen", lambda self, window: 0)
    torch.manual_seed(0)
    config = MistralConfig(**SMALL, sliding_window=100)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()

    found = fitting_forward(model, "sdpa", 512, EngineLimits())

    assert found is not None
    assert not found.fit.is_batched
    assert model.config.sliding_window == 100


def test_a_fault_of_our_own_attention_is_no_verdict_about_the_model(
    llama: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*arguments: object, **options: object) -> None:
        raise TypeError("unexpected keyword argument")

    monkeypatch.setattr("understudy.inference.forward.attention._Attention.decoding", fail)

    with pytest.raises(OwnFaultError, match="unexpected keyword argument"):
        load_engine(llama, EngineLimits())


def test_a_model_without_a_cache_of_tokens_is_refused_by_name(tmp_path: Path):
    config = MambaConfig(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=4)
    base = save_model(config, tmp_path / "base")
    with pytest.raises(InvalidRequestError, match="MambaForCausalLM cannot be served"):
        load_engine(base, EngineLimits())
