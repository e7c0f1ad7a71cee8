"""Jobs on a mixture of experts."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3MoeConfig

from tests import tiny
from tests.unit.worker.support import open_home


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


def test_an_event_says_that_lora_does_not_train_the_experts(
    tmp_path: Path, mixture_directory: Path
):
    home = open_home(tmp_path, mixture_directory)
    job = home.create_job()
    home.attempt()
    assert home.job(job.id).status == "succeeded", home.job(job.id).error
    (said,) = [text for text in home.messages(job.id) if text.startswith("LoRA trains")]
    assert "It does not train experts.gate_up_proj" in said
    assert "experts.down_proj" in said
    home.database.close()
