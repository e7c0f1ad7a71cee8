"""GGUF files that are whole, cut, foreign or unknown, and what becomes of their weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from tests.unit.bases.gguf_files import write_gguf
from understudy.modeling.gguf_header import GgufError, read_gguf_header
from understudy.modeling.gguf_tokens import find_difference, merged
from understudy.modeling.processes.convert_gguf import convert


def test_the_head_says_what_the_file_holds(tmp_path: Path):
    header = read_gguf_header(write_gguf(tmp_path / "m.gguf"))
    assert (header.architecture, header.main_format) == ("llama", "Q8_0")
    assert set(header.formats) == {"Q8_0", "F32"}
    assert header.file_bytes == (tmp_path / "m.gguf").stat().st_size


def test_a_file_that_is_cut_is_refused_wherever_it_is_cut(tmp_path: Path):
    whole = write_gguf(tmp_path / "m.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in (5, 11, 30, 200, 2000, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(GgufError, match=r"is (damaged or )?cut"):
            read_gguf_header(cut)


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    path = tmp_path / "m.gguf"
    path.write_bytes(b"PK\x03\x04 a zip file")
    with pytest.raises(GgufError, match="is not a GGUF file"):
        read_gguf_header(path)
    with pytest.raises(GgufError, match="is not a file"):
        read_gguf_header(tmp_path)


def test_random_damage_never_ends_in_another_error(tmp_path: Path):
    whole = bytearray(write_gguf(tmp_path / "m.gguf").read_bytes())
    random = np.random.default_rng(1)
    path = tmp_path / "damaged.gguf"
    for _ in range(200):
        damaged = bytearray(whole)
        for at in random.integers(4, 3000, 3):
            damaged[at] = int(random.integers(256))
        path.write_bytes(damaged)
        try:
            read_gguf_header(path)
        except GgufError:
            continue


def test_an_architecture_that_transformers_cannot_read_is_named(tmp_path: Path):
    path = write_gguf(tmp_path / "m.gguf", architecture="plamo")
    with pytest.raises(GgufError, match="architecture 'plamo', which transformers cannot read"):
        convert(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["F32", "F16", "Q8_0", "Q4_1", "Q5_0"])
def test_the_weights_are_those_of_the_file(tmp_path: Path, kind: str):
    path = write_gguf(tmp_path / "m.gguf", kind=kind)
    result = convert(path, tmp_path / "out")
    expected = {"F32": "float32", "F16": "float16"}.get(kind, "bfloat16")
    assert result == {"dtype": expected}
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert "quantization_config" not in config
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    tensors = {tensor.name: tensor for tensor in GGUFReader(path).tensors}
    embedding = tensors["token_embd.weight"]
    values = dequantize(embedding.data, GGMLQuantizationType(embedding.tensor_type))
    torch.testing.assert_close(
        model.model.embed_tokens.weight,
        torch.tensor(np.array(values, dtype=np.float32)),
        rtol=2**-8,
        atol=0.0,
    )


def test_the_slow_way_to_merge_is_the_tokenizers_way(tmp_path: Path):
    path = write_gguf(tmp_path / "m.gguf")
    metadata = read_gguf_header(path).metadata
    ranks = {
        tuple(merge.split(" ")): rank
        for rank, merge in enumerate(metadata["tokenizer.ggml.merges"])
    }
    assert merged(" then", ranks) == ["Ġthe", "n"]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path, gguf_file="m.gguf")
    assert find_difference(tokenizer, metadata) is None
    assert "id 3 is" in (
        find_difference(
            tokenizer,
            {
                **metadata,
                "tokenizer.ggml.tokens": [
                    *metadata["tokenizer.ggml.tokens"][:3],
                    "x",
                    *metadata["tokenizer.ggml.tokens"][4:],
                ],
            },
        )
        or ""
    )
    fewer = {**metadata, "tokenizer.ggml.merges": metadata["tokenizer.ggml.merges"][:1]}
    assert "is not read as the tokens" in (find_difference(tokenizer, fewer) or "")


def test_spaces_in_tokens_that_a_user_defined_are_those_of_sentencepiece():
    """Gemma's runs of spaces, which GGUF files write as spaces and no other token so."""
    normal, control, of_user = 1, 3, 4
    vocabulary = ["<unk>", "a", "▁", "▁a"]
    bpe = models.BPE({token: id for id, token in enumerate(vocabulary)}, [("▁", "a")])
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Replace("▁", " ")
    tokenizer.add_tokens([AddedToken("▁▁", normalized=True)])
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    metadata = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [*vocabulary, "  "],
        "tokenizer.ggml.token_type": [control, normal, normal, normal, of_user],
    }
    assert made.encode("a  a", add_special_tokens=False) == [1, 4, 1]
    assert find_difference(made, metadata) is None
    other = {**metadata, "tokenizer.ggml.token_type": [control, normal, normal, normal, normal]}
    assert find_difference(made, other) == "id 4 is '▁▁' instead of '  '"
