"""A model leaves in every format, and what comes out is what is served."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from gguf import GGUFReader
from peft import PeftModel
from transformers import AutoTokenizer

from tests.unit.exporting.support import FAMILIES, load, logits, order, silent, write_base
from tests.unit.modeling.mixtures import MIXTURES
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError, StorageFullError
from understudy.exporting import export as exporting
from understudy.exporting import space
from understudy.exporting.errors import ExportError
from understudy.exporting.export import export_model
from understudy.exporting.finished import find_finished
from understudy.exporting.formats import merged
from understudy.exporting.loading import read_gguf_text
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType

MERGED, PEFT, GGUF = ExportFormat.MERGED, ExportFormat.PEFT, ExportFormat.GGUF


def served(asked: ExportOrder) -> torch.Tensor:
    """The logits of the tuned model, as peft computes them from the job's own files."""
    return logits(PeftModel.from_pretrained(load(asked.directory), asked.adapter))


def left(asked: ExportOrder) -> list[str]:
    return [path.name for path in asked.output.parent.iterdir() if "out-" in path.name]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_merged_model_in_plain_transformers_says_what_is_served(tmp_path: Path, family: str):
    asked = order(tmp_path, MERGED, family=family, dtype=torch.float32)

    difference = export_model(asked, silent)

    torch.testing.assert_close(logits(load(asked.output)), served(asked), rtol=1e-3, atol=1e-3)
    assert difference.mean < 1e-4
    assert difference.same_choice == 1.0
    assert difference.tokens > 0


@pytest.mark.parametrize(
    "family", ["mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "gpt_oss", "deepseek_v3", "glm4_moe"]
)
def test_a_merged_mixture_has_the_updates_of_its_experts(tmp_path: Path, family: str):
    # DeepSeek V3 calls that part of a head which has positions a head.
    head_dim = MIXTURES[family].get("qk_rope_head_dim", 16)
    settings = {**MIXTURES[family], "head_dim": head_dim, "dtype": torch.float32}
    asked = order(tmp_path, MERGED, family=family, **settings)

    difference = export_model(asked, silent)

    assert difference.mean < 1e-4
    assert difference.same_choice == 1.0
    before, after = load(asked.directory).state_dict(), load(asked.output).state_dict()
    changed = {name.rpartition(".")[2] for name in before if not before[name].equal(after[name])}
    assert {"gate_up_proj", "down_proj"} <= changed


@pytest.mark.parametrize("size", [32, 64])
def test_square_matrices_of_transposed_experts_are_merged_the_right_way_round(
    tmp_path: Path, size: int
):
    settings = {**MIXTURES["gpt_oss"], "intermediate_size": size, "dtype": torch.float32}
    asked = order(tmp_path, MERGED, family="gpt_oss", **settings)

    assert export_model(asked, silent).mean < 1e-4


def test_experts_that_the_files_hold_in_a_form_of_their_own_are_refused(tmp_path: Path):
    asked = order(tmp_path, MERGED, family="granitemoe", **MIXTURES["granitemoe"])

    with pytest.raises(ExportError, match=r"do not hold under that name .* Use --format peft"):
        export_model(asked, silent)


def test_merged_weights_are_rounded_once_to_the_format_of_the_base(tmp_path: Path):
    asked = order(tmp_path, MERGED)

    difference = export_model(asked, silent)

    exact = PeftModel.from_pretrained(load(asked.directory), asked.adapter).merge_and_unload()
    found = load(asked.output).state_dict()
    for name, weight in exact.state_dict().items():
        torch.testing.assert_close(found[name], weight.to(torch.bfloat16).float(), rtol=0, atol=0)
    assert 0 < difference.mean < difference.bound


def test_a_merged_model_brings_tokenizer_template_card_and_licence(tmp_path: Path):
    asked = order(tmp_path, MERGED)

    difference = export_model(asked, silent)

    assert ChatRenderer.from_directory(asked.output).hash == (
        ChatRenderer.from_directory(asked.directory).hash
    )
    assert AutoTokenizer.from_pretrained(asked.output).chat_template
    assert (asked.output / "LICENSE").read_text() == "Do as you like."
    card = (asked.output / "README.md").read_text()
    assert card.startswith("---\nlicense: mit\nbase_model:")
    assert difference.sentence in card


def test_a_model_with_all_weights_trained_is_copied_bit_for_bit(tmp_path: Path):
    asked = order(tmp_path, MERGED, is_tuned=False)

    difference = export_model(asked, silent)

    before, after = load(asked.directory).state_dict(), load(asked.output).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert difference.mean == 0.0


def test_a_large_model_is_cut_into_shards_that_transformers_joins(tmp_path: Path, monkeypatch):
    asked = order(tmp_path, MERGED)
    monkeypatch.setattr(merged.write_merged, "__kwdefaults__", {"max_shard_bytes": 40_000})

    export_model(asked, silent)

    shards = sorted(path.name for path in asked.output.glob("*.safetensors"))
    assert len(shards) > 2
    assert shards[0] == f"model-00001-of-{len(shards):05}.safetensors"
    torch.testing.assert_close(logits(load(asked.output)), served(asked), rtol=0.2, atol=0.2)


def test_peft_loads_the_adapter_and_finds_its_tokenizer_beside_it(tmp_path: Path):
    asked = order(tmp_path, PEFT)

    difference = export_model(asked, silent)

    found = logits(PeftModel.from_pretrained(load(asked.directory), asked.output))
    torch.testing.assert_close(found, served(asked), rtol=1e-4, atol=1e-4)
    assert AutoTokenizer.from_pretrained(asked.output).chat_template
    assert not list(asked.output.glob("model*.safetensors"))
    assert difference.mean < 1e-4


@pytest.mark.parametrize("number_type", NumberType)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gguf_file_read_back_by_transformers_says_what_is_served(
    tmp_path: Path, family: str, number_type: NumberType
):
    asked = order(tmp_path, GGUF, number_type, family=family)

    difference = export_model(asked, silent)

    assert difference.mean < difference.bound
    assert difference.same_choice > 0.9
    file = asked.output / "model.gguf"
    renderer = ChatRenderer.from_directory(asked.directory)
    assert read_gguf_text(file, "tokenizer.chat_template") == renderer.template.source
    kinds = {tensor.tensor_type.name for tensor in GGUFReader(file).tensors}
    assert kinds == {"F32", number_type.name}


def test_a_gguf_file_alone_is_enough_for_transformers(tmp_path: Path):
    plain = {"rope_type": "default", "rope_theta": 5000.0}
    asked = order(tmp_path, GGUF, NumberType.F16, rope_parameters=plain)

    export_model(asked, silent)

    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copyfile(asked.output / "model.gguf", alone / "model.gguf")
    found = logits(load(alone, gguf_file="model.gguf"))
    torch.testing.assert_close(found, served(asked), rtol=0.05, atol=0.05)
    text = "What is the weather in Paris? It's 21 degrees,\n  they say."
    theirs = AutoTokenizer.from_pretrained(alone, gguf_file="model.gguf")
    ours = AutoTokenizer.from_pretrained(asked.directory)
    assert theirs(text).input_ids == ours(text).input_ids


def test_the_modelfile_says_the_template_in_ollamas_language(tmp_path: Path):
    asked = order(tmp_path, GGUF, NumberType.F16)

    export_model(asked, silent)

    lines = (asked.output / "Modelfile").read_text()
    assert lines.startswith('FROM ./model.gguf\nPARAMETER stop "<|im_end|>"\nTEMPLATE """')
    assert '{{ if eq .Role "system" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n' in lines
    assert '{{ else if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n' in lines
    assert lines.endswith('{{ end }}{{ end }}<|im_start|>assistant\n"""\n')


def test_the_validation_file_of_the_job_is_what_is_compared_on(tmp_path: Path):
    validation = tmp_path / "validation.jsonl"
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Paris"}]
    validation.write_text(json.dumps({"messages": messages}))

    difference = export_model(order(tmp_path, MERGED, validation=validation), silent)

    assert difference.texts == "the validation file"


@pytest.mark.parametrize("family", ["llama", "qwen3"])
def test_an_export_that_says_something_else_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch, family: str
):
    asked = order(tmp_path, MERGED, family=family)
    rounded = merged._rounded

    def tampered(source, name):
        tensor = rounded(source, name)
        return tensor.flip(0) if name == "model.layers.1.mlp.down_proj.weight" else tensor

    monkeypatch.setattr(merged, "_rounded", tampered)

    with pytest.raises(ExportError, match=r"does not say what the served .* Use --format peft"):
        export_model(asked, silent)

    assert left(asked) == []


def test_a_disk_without_room_is_found_before_anything_is_written(tmp_path: Path, monkeypatch):
    asked = order(tmp_path, MERGED)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _place: usage)

    with pytest.raises(StorageFullError, match=r"takes 0\.1 GB, and .* has 0\.0 GB left"):
        export_model(asked, silent)

    assert left(asked) == []


def test_a_disk_that_becomes_full_leaves_nothing(tmp_path: Path, monkeypatch):
    asked = order(tmp_path, MERGED)

    def full(directory: Path, _source) -> None:
        (directory / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "write_merged", full)

    with pytest.raises(StorageFullError, match="nothing of it was kept"):
        export_model(asked, silent)

    assert left(asked) == []


def test_a_second_request_finds_the_first_and_no_other(tmp_path: Path):
    asked = order(tmp_path, PEFT)
    assert find_finished(asked) is None

    difference = export_model(asked, silent)

    assert find_finished(asked) == difference
    (asked.output / "tokenizer.json").write_text("{}")
    assert find_finished(asked) is None


def test_an_export_of_weights_that_were_changed_since_is_another(tmp_path: Path):
    asked = order(tmp_path, MERGED, is_tuned=False)
    export_model(asked, silent)

    write_base(asked.directory, initializer_range=0.1)

    assert find_finished(asked) is None


def test_architectures_that_gguf_is_not_written_for_are_refused_by_name(tmp_path: Path):
    asked = order(tmp_path, GGUF, NumberType.F16, family="olmo2", is_tuned=False)

    with pytest.raises(ExportError, match=r"type 'olmo2' cannot .* llama, .* --format merged"):
        export_model(asked, silent)

    assert left(asked) == []


@pytest.mark.parametrize(
    ("family", "changes", "words"),
    [
        ("llama", {"hidden_act": "gelu"}, "hidden_act=gelu"),
        ("qwen3", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 2.0,
                   "original_max_position_embeddings": 256}}, "rope_type=yarn"),
        ("mistral", {"sliding_window": 32}, "sliding_window=32"),
        ("qwen3", {"attention_bias": True}, "reads no biases of qwen3"),
        ("gemma3_text", {"query_pre_attn_scalar": 99}, "query_pre_attn_scalar=99"),
    ],
)  # fmt: skip
def test_settings_that_llama_cpp_would_not_follow_are_refused(
    tmp_path: Path, family: str, changes: dict, words: str
):
    asked = order(tmp_path, GGUF, NumberType.F16, family=family, is_tuned=False, **changes)

    with pytest.raises(ExportError, match=f"{words}.*--format merged"):
        export_model(asked, silent)


def test_a_tokenizer_that_splits_text_in_its_own_way_is_refused(tmp_path: Path):
    asked = order(tmp_path, GGUF, NumberType.F16, is_tuned=False)
    file = asked.directory / "tokenizer.json"
    own = {"type": "Split", "pattern": {"Regex": r"\w+"}, "behavior": "Isolated", "invert": False}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"pre_tokenizer": own}))

    with pytest.raises(ExportError, match=r"no pre-tokenizer that splits .* --format merged"):
        export_model(asked, silent)


def test_a_directory_without_template_is_no_model_to_export(tmp_path: Path):
    asked = order(tmp_path, MERGED, is_tuned=False)
    (asked.directory / "chat_template.jinja").unlink()

    with pytest.raises(InvalidRequestError, match="no chat template"):
        export_model(asked, silent)
