"""Jobs on a mixture of experts."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3MoeConfig

from tests import tiny
from tests.unit.worker.support import open_home
from understudy.modeling.lora import read_adapter
from understudy.storage.models import find_model


@pytest.fixture
def mixture_directory(tmp_path: Path) -> Path:
    directory = tiny.write_renderer(tmp_path / "mixture")
    torch.manual_seed(0)
    config = Qwen3MoeConfig(
        vocab_size=tiny.tokenizer().get_vocab_size(),
        hidden_size=32,
        intermediate_size=48,
        moe_intermediate_size=32,
        num_experts=4,
        num_experts_per_tok=2,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(directory)
    return directory


def test_a_job_trains_experts_and_says_so(tmp_path: Path, mixture_directory: Path):
    home = open_home(tmp_path, mixture_directory)
    job = home.create_job()
    home.attempt()
    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    (said,) = [text for text in home.messages(job.id) if text.startswith("LoRA trains experts")]
    assert "experts.gate_up_proj and experts.down_proj too" in said
    assert "each of the 4 experts" in said
    with home.database.read() as session:
        tuned = find_model(session, home.project, ended.fine_tuned_model or "")
        assert tuned is not None
    weights = read_adapter(Path(tuned.directory))
    changed = [b for name, (_, b) in weights.layers.items() if ".experts." in name]
    assert len(changed) == 2 * 2
    assert all(bool(b.any()) for b in changed), "nothing was learned"
    again = home.create_job(model=ended.fine_tuned_model)
    home.attempt()
    assert home.job(again.id).status == "succeeded", home.job(again.id).error_message
    home.database.close()
