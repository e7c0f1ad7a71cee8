"""Which architectures a GGUF file can hold, and what llama.cpp takes for granted about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gguf import MODEL_ARCH
from transformers import PreTrainedConfig

from understudy.exporting.errors import ExportError
from understudy.wording import worded

_WAY_OUT = "Use --format merged, which every transformers program loads."
_SWA_PERIOD = 6


@dataclass(frozen=True, kw_only=True)
class Family:
    """How llama.cpp wants the tensors of one architecture."""

    architecture: MODEL_ARCH
    is_permuted: bool = False
    """Whether the rows of queries and keys stand in the order of the first Llama."""
    norm_offset: float = 0.0
    """What is added to the weights of norms."""
    has_biases: bool = False
    """Whether attention and MLP may have biases that are not a fixed part of the architecture."""
    activation: str = "silu"


_FAMILIES: Mapping[str, Family] = {
    "llama": Family(architecture=MODEL_ARCH.LLAMA, is_permuted=True, has_biases=True),
    "mistral": Family(architecture=MODEL_ARCH.LLAMA, is_permuted=True),
    "qwen2": Family(architecture=MODEL_ARCH.QWEN2),
    "qwen3": Family(architecture=MODEL_ARCH.QWEN3),
    "gemma3_text": Family(
        architecture=MODEL_ARCH.GEMMA3, norm_offset=1.0, activation="gelu_pytorch_tanh"
    ),
}


def family_of(config: PreTrainedConfig) -> Family:
    """Return how a model stands in a GGUF file.

    Raises ExportError for an architecture that is not written here, and for a setting that
    llama.cpp would not follow: its answers would be others without anyone noticing.
    """
    family = _FAMILIES.get(config.model_type)
    if family is None:
        raise ExportError(
            worded(
                "export.models_type_cannot_exported",
                "Models of type '{model_type}' cannot be exported as GGUF here; "
                "these can: {names}. {way_out}",
                model_type=config.model_type,
                names=", ".join(_FAMILIES),
                way_out=_WAY_OUT,
            )
        )
    settings = config.to_dict()
    for name, value in _ignored_settings(family, config).items():
        raise ExportError(
            worded(
                "export.llama_cpp_would_not",
                "llama.cpp would not follow the setting {name}={value} of this "
                "{model_type} model. {way_out}",
                name=name,
                value=value,
                model_type=config.model_type,
                way_out=_WAY_OUT,
            )
        )
    is_biased = settings.get("attention_bias") or settings.get("mlp_bias")
    if is_biased and not family.has_biases:
        raise ExportError(
            worded(
                "export.llama_cpp_reads_no",
                "llama.cpp reads no biases of {model_type} models, and this one has "
                "them. {way_out}",
                model_type=config.model_type,
                way_out=_WAY_OUT,
            )
        )
    return family


def rope_of(config: PreTrainedConfig) -> Mapping[str, Any]:
    """Return the rotary settings of the layers that see everything."""
    rope: Mapping[str, Any] = config.rope_parameters
    return rope.get("full_attention", rope)


def _ignored_settings(family: Family, config: PreTrainedConfig) -> dict[str, Any]:
    """Return what a configuration asks for and llama.cpp would not do, by the setting's name."""
    settings = config.to_dict()
    is_gemma = family.architecture is MODEL_ARCH.GEMMA3
    found: dict[str, Any] = {}
    activation = settings.get("hidden_activation" if is_gemma else "hidden_act")
    if activation != family.activation:
        found["hidden_act"] = activation
    known = (
        ("default", "linear", "llama3") if config.model_type == "llama" else ("default", "linear")
    )
    rope_type = rope_of(config).get("rope_type", "default")
    if rope_type not in known:
        found["rope_type"] = rope_type
    if rope_of(config).get("partial_rotary_factor", 1.0) != 1.0:
        found["partial_rotary_factor"] = rope_of(config)["partial_rotary_factor"]
    return found | (_ignored_of_gemma(settings) if is_gemma else _ignored_window(config))


def _ignored_window(config: PreTrainedConfig) -> dict[str, Any]:
    window = getattr(config, "sliding_window", None)
    is_used = getattr(config, "use_sliding_window", True)
    if window and is_used and window < config.max_position_embeddings:
        return {"sliding_window": window}
    return {}


def _ignored_of_gemma(settings: Mapping[str, Any]) -> dict[str, Any]:
    kinds = settings["layer_types"]
    usual = [
        "full_attention" if (n + 1) % _SWA_PERIOD == 0 else "sliding_attention"
        for n in range(len(kinds))
    ]
    local = settings["rope_parameters"]["sliding_attention"]
    found: dict[str, Any] = {}
    if kinds != usual:
        found["layer_types"] = kinds
    if local["rope_theta"] != 10_000.0 or local.get("rope_type", "default") != "default":
        found["rope_local_base_freq"] = local["rope_theta"]
    if settings["query_pre_attn_scalar"] != settings["head_dim"]:
        found["query_pre_attn_scalar"] = settings["query_pre_attn_scalar"]
    if settings.get("use_bidirectional_attention"):
        found["use_bidirectional_attention"] = True
    return found
