"""Vectors as sentence-transformers defines them, worked out by transformers one by one."""

from pathlib import Path

import pytest
import torch
from transformers import BertModel

from tests.embedders import write_embedder
from understudy.errors import InvalidRequestError
from understudy.inference.engine.encoders import Encoders

TEXTS = [[2, 7, 8, 9, 3], [2, 5, 3], [2, 11, 12, 13, 14, 15, 3]]


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token", "lasttoken"])
@pytest.mark.parametrize("is_normalized", [True, False])
def test_texts_of_a_batch_get_the_vectors_that_each_has_alone(
    tmp_path: Path, pooling: str, is_normalized: bool
):
    directory = write_embedder(tmp_path / "m", pooling=pooling, is_normalized=is_normalized)
    model = BertModel.from_pretrained(directory).eval()
    made = torch.tensor(Encoders().encode(str(directory), TEXTS))
    for ids, vector in zip(TEXTS, made, strict=True):
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([ids]))[0][0]
        expected = {
            "mean_tokens": states.mean(0),
            "cls_token": states[0],
            "lasttoken": states[-1],
        }[pooling]
        if is_normalized:
            expected = expected / expected.norm()
        assert vector == pytest.approx(expected, abs=1e-5)


def test_what_cannot_be_loaded_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(InvalidRequestError, match=r"modules\.json is missing"):
        Encoders().encode(str(tmp_path), TEXTS)
    directory = write_embedder(tmp_path / "m")
    (directory / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InvalidRequestError, match="cannot be loaded"):
        Encoders().encode(str(directory), TEXTS)
