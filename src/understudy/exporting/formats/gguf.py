"""A model as one GGUF file: header, tokenizer and chat template, then tensor after tensor."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, RopeScalingType
from gguf.quants import quantize
from torch import Tensor
from transformers import PreTrainedConfig

from understudy.exporting.errors import ExportError
from understudy.exporting.formats.gguf_families import Family, family_of, rope_of
from understudy.exporting.formats.gguf_tokenizer import GgufTokenizer, read_gguf_tokenizer
from understudy.exporting.order import NumberType
from understudy.exporting.source_weights import SourceWeights
from understudy.wording import worded

FILE = "model.gguf"
_Q8_BLOCK = 32
_FILE_TYPES = {
    NumberType.F16: LlamaFileType.MOSTLY_F16,
    NumberType.Q8_0: LlamaFileType.MOSTLY_Q8_0,
}


@dataclass(frozen=True, kw_only=True)
class GgufFacts:
    """What a GGUF file says beside its tensors."""

    name: str
    config: PreTrainedConfig
    directory: Path
    """Where the tokenizer lies."""
    template: str
    stop_ids: Sequence[int]
    """What ends an answer."""
    opening_ids: Sequence[int]
    """What the tokenizer puts before every text."""
    special_ids: Mapping[str, int]
    """By the names of the tokenizer's settings, such as `bos_token`."""

    @property
    def end_ids(self) -> list[int]:
        """What ends an answer, the tokenizer's own end first."""
        own = self.special_ids.get("eos_token")
        return sorted(self.stop_ids, key=lambda stop: stop != own)


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """One tensor of the file."""

    name: str
    source: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType


def check_gguf(source: SourceWeights, facts: GgufFacts) -> None:
    """Raise ExportError for a model that llama.cpp would read otherwise; nothing is written."""
    family = family_of(facts.config)
    read_gguf_tokenizer(facts.directory, facts.config.vocab_size)
    _plan(source, facts.config, family, NumberType.F16)
    if facts.opening_ids and list(facts.opening_ids) != [facts.special_ids.get("bos_token")]:
        raise ExportError(
            worded(
                "export.tokenizer_begins_every_text",
                "The tokenizer begins every text with tokens that llama.cpp would "
                "not write. Use --format merged.",
            )
        )


def write_gguf(
    directory: Path, source: SourceWeights, facts: GgufFacts, number_type: NumberType
) -> None:
    """Write `model.gguf` of a model that `check_gguf` let pass.

    Raises ExportError for numbers that the file cannot hold.
    """
    config = facts.config
    family = family_of(config)
    tokenizer = read_gguf_tokenizer(facts.directory, config.vocab_size)
    planned = _plan(source, config, family, number_type)
    writer = GGUFWriter(directory / FILE, gguf.MODEL_ARCH_NAMES[family.architecture])
    try:
        _add_header(writer, facts, number_type)
        _add_tokenizer(writer, facts, tokenizer)
        frequencies = _rope_factors(config)
        if frequencies is not None:
            writer.add_tensor_info(
                "rope_freqs.weight", frequencies.shape, frequencies.dtype, frequencies.nbytes
            )
        for tensor in planned:
            _announce(writer, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if frequencies is not None:
            writer.write_tensor_data(frequencies)
        for tensor in planned:
            values = _arranged(source.merged(tensor.source), tensor.source, config, family)
            writer.write_tensor_data(_encoded(values, tensor))
    finally:
        writer.close()


def _plan(
    source: SourceWeights, config: PreTrainedConfig, family: Family, number_type: NumberType
) -> list[_Planned]:
    names = gguf.get_tensor_name_map(family.architecture, config.num_hidden_layers)
    planned: list[_Planned] = []
    for name, shape in source.shapes.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        found = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise ExportError(
                worded(
                    "export.gguf_no_place_model",
                    "GGUF has no place for {name} of this {model_type} model. Use --format merged.",
                    name=name,
                    model_type=config.model_type,
                )
            )
        planned.append(
            _Planned(name=found, source=name, shape=shape, kind=_kind(shape, number_type))
        )
    return planned


def _kind(shape: tuple[int, ...], number_type: NumberType) -> GGMLQuantizationType:
    # llama.cpp computes norms and biases in float32 and has no other code for them.
    if len(shape) == 1:
        return GGMLQuantizationType.F32
    if number_type is NumberType.Q8_0 and shape[-1] % _Q8_BLOCK == 0:
        return GGMLQuantizationType.Q8_0
    return GGMLQuantizationType.F16


def _announce(writer: GGUFWriter, tensor: _Planned) -> None:
    block, size = gguf.GGML_QUANT_SIZES[tensor.kind]
    byte_count = math.prod(tensor.shape) // block * size
    # A shape in numbers is taken as it is for every type but raw bytes.
    dtype = np.dtype(np.float32)
    writer.add_tensor_info(tensor.name, tensor.shape, dtype, byte_count, raw_dtype=tensor.kind)


def _arranged(values: Tensor, name: str, config: PreTrainedConfig, family: Family) -> Tensor:
    """Return a tensor as llama.cpp wants it, in float32."""
    if family.norm_offset and name.endswith("norm.weight"):
        return values + family.norm_offset
    if family.is_permuted and ".q_proj." in name:
        return _interleaved(values, config.num_attention_heads)
    if family.is_permuted and ".k_proj." in name:
        return _interleaved(values, config.num_key_value_heads)
    return values


def _interleaved(values: Tensor, heads: int) -> Tensor:
    """Put the two halves of each head, which are rotated together, side by side."""
    halves = values.reshape(heads, 2, len(values) // heads // 2, *values.shape[1:])
    return halves.transpose(1, 2).reshape(values.shape)


def _encoded(
    values: Tensor, tensor: _Planned
) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]]":
    array = values.contiguous().numpy()
    if tensor.kind is GGMLQuantizationType.F32:
        return array
    if tensor.kind is GGMLQuantizationType.F16:
        limit = float(np.finfo(np.float16).max)
        if not values.abs().max() <= limit:
            raise ExportError(
                worded(
                    "export.holds_numbers_over_which",
                    "{source} holds numbers over {limit:g}, which float16 cannot. "
                    "Use --format merged.",
                    source=tensor.source,
                    limit=limit,
                )
            )
        return array.astype(np.float16)
    return quantize(array, tensor.kind)


def _add_header(writer: GGUFWriter, facts: GgufFacts, number_type: NumberType) -> None:
    config = facts.config
    head_size = (
        getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    )
    rope = rope_of(config)
    writer.add_name(facts.name)
    writer.add_type("model")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    if getattr(config, "final_logit_softcapping", None):
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(_FILE_TYPES[number_type])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tokenizer(writer: GGUFWriter, facts: GgufFacts, tokenizer: GgufTokenizer) -> None:
    writer.add_tokenizer_model(tokenizer.model)
    writer.add_tokenizer_pre(tokenizer.pre)
    writer.add_token_list(list(tokenizer.tokens))
    writer.add_token_types(list(tokenizer.types))
    if tokenizer.scores:
        writer.add_token_scores(list(tokenizer.scores))
        writer.add_add_space_prefix(tokenizer.has_space_prefix)
    if tokenizer.merges:
        writer.add_token_merges(list(tokenizer.merges))
    end_ids = facts.end_ids
    writer.add_eos_token_id(end_ids[0])
    if len(end_ids) > 1:
        writer.add_eot_token_id(end_ids[1])
    adders = {
        "bos_token": writer.add_bos_token_id,
        "unk_token": writer.add_unk_token_id,
        "pad_token": writer.add_pad_token_id,
    }
    for name, add in adders.items():
        if name in facts.special_ids:
            add(facts.special_ids[name])
    writer.add_add_bos_token(bool(facts.opening_ids))
    writer.add_add_eos_token(False)
    writer.add_chat_template(facts.template)


def _rope_factors(
    config: PreTrainedConfig,
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None":
    """Return by what Llama 3.1's scaling divides each frequency, or None without that scaling."""
    rope = rope_of(config)
    if rope.get("rope_type") != "llama3":
        return None
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    frequencies = rope["rope_theta"] ** -(torch.arange(0, size, 2, dtype=torch.float64) / size)
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = ((turns - low) / (high - low)).clamp(0, 1)
    factors = 1 / ((1 - smooth) / rope["factor"] + smooth)
    return factors.to(torch.float32).numpy()
