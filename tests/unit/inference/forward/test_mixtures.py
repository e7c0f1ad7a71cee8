"""Adapters of experts are served in one batch with others, with the trainer's probabilities."""

import json
from pathlib import Path

import pytest
import torch

from tests.unit.inference.forward.test_parity import PROMPTS, Trained
from tests.unit.inference.support import answer_all, request_for
from tests.unit.modeling.mixtures import mixture
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.adapters import AdapterBank
from understudy.inference.forward.forwards import OwnCacheForward, SlotForward
from understudy.inference.limits import EngineLimits
from understudy.inference.versions import version_of
from understudy.modeling.loading import load_base


def logprobs(trained: Trained, kind: int, row: list[int]) -> list[float]:
    """As the layers in training give them, with the model's own attention."""
    trained.choose(kind)
    trained.model.set_attn_implementation("eager")
    with torch.inference_mode():
        logits_TV = trained.model(torch.tensor([row])).logits[0, :-1].log_softmax(-1)
    return logits_TV.gather(1, torch.tensor(row)[1:, None])[:, 0].tolist()


@pytest.mark.parametrize(
    ("family", "forward"),
    [
        ("mixtral", SlotForward),
        ("qwen2_moe", SlotForward),
        ("qwen3_moe", SlotForward),
        ("granitemoe", SlotForward),
        ("deepseek_v3", OwnCacheForward),
        ("gpt_oss", SlotForward),
    ],
)
def test_rows_with_different_experts_have_the_trainers_probabilities(
    family: str, forward: type, tmp_path: Path
):
    base = tmp_path / "base"
    mixture(family).save_pretrained(base)
    trained = Trained(base, tmp_path)
    assert any(".experts." in name for name in trained._layers)
    engine = load_engine(base, EngineLimits(rows=8, chunk_tokens=32))
    assert isinstance(engine._forward, forward)
    kinds = [0, 1, 2, 3, 1, 0]
    asked = list(zip(PROMPTS, kinds, strict=True))

    answers = answer_all(
        engine,
        [
            request_for(base, p, adapter=trained.adapters[kind], prompt_logprobs=True)
            for p, kind in asked
        ],
    )

    for (prompt, kind), answer in zip(asked, answers, strict=True):
        expected = logprobs(trained, kind, [*prompt, *answer.tokens])
        told = [*(token.logprob for token in answer.prompt), *answer.logprobs]
        assert told == pytest.approx(expected, abs=1e-3)
    one, two = (logprobs(trained, kind, PROMPTS[2]) for kind in (1, 2))
    assert one != pytest.approx(two, abs=1e-2), "the adapters change nothing"


def test_an_adapter_of_other_experts_is_refused(tmp_path: Path):
    base, other = tmp_path / "base", tmp_path / "other"
    mixture("qwen3_moe").save_pretrained(base)
    mixture("qwen3_moe", num_experts=8).save_pretrained(other)
    of_other = Trained(other, tmp_path).adapters[1]
    assert of_other is not None
    bank = AdapterBank(load_base(base, torch.float32).model, limit=2)

    with pytest.raises(InvalidRequestError, match="does not announce, or of another rank"):
        bank.get(version_of(str(of_other), "adapter_model.safetensors"))

    config = of_other / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"target_parameters": None}))
    with pytest.raises(InvalidRequestError, match="adapter0"):
        bank.get(version_of(str(of_other), "adapter_model.safetensors"))
