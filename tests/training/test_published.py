"""What a job publishes is loaded by plain `peft` and plain `transformers`, to equal logits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel

from tests.unit.worker.support import Home, open_home, write_base
from understudy.modeling.forward import hidden_states, output_head
from understudy.modeling.loading import load_base
from understudy.modeling.lora import add_lora, read_adapter, set_adapter

TOKENS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    directory = tmp_path_factory.mktemp("published")
    opened = open_home(directory, write_base(directory / "tiny"))
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def adapter(home: Home) -> Path:
    job = home.create_job(epochs=5)
    home.attempt()
    return home.context.models_directory / job.id / "step-10"


@pytest.fixture(scope="module")
def ours(home: Home, adapter: Path) -> torch.Tensor:
    model = load_base(home.base_directory, torch.float32).model
    weights = read_adapter(adapter)
    set_adapter(add_lora(model, rank=weights.rank, alpha=weights.alpha, seed=0), weights)
    positions = torch.arange(len(TOKENS))
    return output_head(model)(hidden_states(model, TOKENS, positions, (len(TOKENS),))).detach()


def plain_base(home: Home) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(home.base_directory, dtype=torch.float32)


def test_plain_peft_loads_the_adapter(home: Home, adapter: Path, ours: torch.Tensor):
    model = PeftModel.from_pretrained(plain_base(home), adapter)
    logits = model(input_ids=TOKENS[None]).logits[0]
    torch.testing.assert_close(logits, ours, rtol=1e-5, atol=1e-4)
    assert not torch.allclose(plain_base(home)(input_ids=TOKENS[None]).logits[0], ours, atol=0.1)


def test_merged_by_peft_it_is_a_model_that_plain_transformers_loads(
    home: Home, adapter: Path, ours: torch.Tensor, tmp_path: Path
):
    PeftModel.from_pretrained(plain_base(home), adapter).merge_and_unload().save_pretrained(
        tmp_path
    )
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    torch.testing.assert_close(model(input_ids=TOKENS[None]).logits[0], ours, rtol=1e-5, atol=1e-4)
