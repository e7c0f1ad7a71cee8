from pathlib import Path

import pytest
import torch

from tests.tiny import llama
from understudy.errors import InvalidRequestError
from understudy.modeling.loading import load_base


def test_a_transformers_directory_is_loaded_frozen_in_the_asked_precision(tmp_path: Path):
    llama().save_pretrained(tmp_path)

    base = load_base(tmp_path, torch.bfloat16)

    assert base.hidden_size == 32
    assert {parameter.dtype for parameter in base.model.parameters()} == {torch.bfloat16}
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_a_directory_that_asks_to_run_its_own_code_is_refused(tmp_path: Path):
    llama().save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(
        config.read_text().replace("{", '{"auto_map": {"AutoModel": "evil.Model"},', 1)
    )

    with pytest.raises(InvalidRequestError, match="own code"):
        load_base(tmp_path, torch.float32)


def test_pickled_weights_are_refused(tmp_path: Path):
    llama().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")

    with pytest.raises(InvalidRequestError, match="safetensors"):
        load_base(tmp_path, torch.float32)


def test_weights_that_do_not_fit_the_config_are_refused_rather_than_made_up(tmp_path: Path):
    llama().save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(
        config.read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    )

    with pytest.raises(InvalidRequestError, match="do not fit"):
        load_base(tmp_path, torch.float32)
