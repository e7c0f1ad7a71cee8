"""Tiny models that read images, made on the spot: a directory for each family, and pictures."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from random import Random
from typing import Any

import torch
from PIL import Image as Pictures
from PIL import ImageDraw
from tokenizers import AddedToken, Tokenizer
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageTextToText,
    PreTrainedTokenizerFast,
)
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.gemma3.processing_gemma3 import Gemma3Processor
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.lfm2_vl.processing_lfm2_vl import Lfm2VlProcessor
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

from tests.lfm2_vl import own_image_processor
from tests.tiny import tokenizer as plain_tokenizer
from understudy.chat.messages import Image, ImageDetail, Message, Role

_TILES = tuple(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7))
_TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    # Larger than the usual 0.02: an adapter of a tiny model cannot move smaller weights.
    "initializer_range": 0.2,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}
_TOWER = {
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
    "initializer_range": 0.2,
}


@dataclass(frozen=True, kw_only=True)
class VisionFamily:
    """What distinguishes a family of models that read images."""

    template: str
    """The name of TRL's copy of its chat template."""
    tokens: tuple[str, ...]
    end: str
    image_token: str
    config: Mapping[str, Any]
    image_processor: Mapping[str, Any]
    processor: Mapping[str, Any]


_TILED = VisionFamily(
    template="smolvlm",
    tokens=(
        "<|im_start|>",
        "<end_of_utterance>",
        "<fake_token_around_image>",
        "<image>",
        "<global-img>",
        *_TILES,
    ),
    end="<end_of_utterance>",
    image_token="<image>",
    config={
        "vision_config": _TOWER,
        "scale_factor": 2,
        "text_config": {"model_type": "llama", **_TEXT},
    },
    image_processor={
        "size": {"longest_edge": 96},
        "max_image_size": {"longest_edge": 32},
        "do_image_splitting": True,
    },
    processor={"image_seq_len": 4},
)
_QWEN = (
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_ROPE = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [1, 1, 2]}
_PATCHES = {
    "patch_size": 8,
    "merge_size": 2,
    "temporal_patch_size": 2,
    "size": {"shortest_edge": 32 * 32, "longest_edge": 96 * 96},
}
_QWEN_2_5_VL = VisionFamily(
    template="qwen2_5_vl",
    tokens=_QWEN,
    end="<|im_end|>",
    image_token="<|image_pad|>",
    config={
        "text_config": {
            "model_type": "qwen2_5_vl_text",
            **_TEXT,
            "rope_parameters": _ROPE,
        },
        "vision_config": {
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "patch_size": 8,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 32,
            "fullatt_block_indexes": [1],
            "out_hidden_size": 32,
            "initializer_range": 0.2,
        },
    },
    image_processor={**_PATCHES, "image_processor_type": "Qwen2VLImageProcessor"},
    processor={},
)
_QWEN_3_VL = VisionFamily(
    template="qwen3_vl",
    tokens=(*_QWEN, "<tool_call>", "</tool_call>", "<think>", "</think>"),
    end="<|im_end|>",
    image_token="<|image_pad|>",
    config={
        "text_config": {
            "model_type": "qwen3_vl_text",
            **_TEXT,
            "head_dim": 8,
            "rope_parameters": {**_ROPE, "mrope_interleaved": True},
        },
        "vision_config": {
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "patch_size": 8,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": 32,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 1],
            "initializer_range": 0.2,
        },
    },
    image_processor={**_PATCHES, "image_processor_type": "Qwen2VLImageProcessor"},
    processor={},
)
_GEMMA_3 = VisionFamily(
    template="gemma3",
    tokens=(
        "<bos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<start_of_image>",
        "<end_of_image>",
        "<image_soft_token>",
    ),
    end="<end_of_turn>",
    image_token="<image_soft_token>",
    config={
        "text_config": {
            "model_type": "gemma3_text",
            **_TEXT,
            "head_dim": 8,
            "sliding_window": 128,
            "query_pre_attn_scalar": 8,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "vision_config": {"model_type": "siglip_vision_model", **_TOWER, "vision_use_head": False},
        "mm_tokens_per_image": 4,
    },
    image_processor={
        "image_processor_type": "Gemma3ImageProcessor",
        "size": {"height": 32, "width": 32},
    },
    processor={"image_seq_length": 4},
)
_LFM2_VL = VisionFamily(
    template="lfm2_2_5_vl",
    tokens=(
        "<|im_start|>",
        "<|im_end|>",
        "<|image_start|>",
        "<image>",
        "<|image_end|>",
        "<|img_thumbnail|>",
        *(f"<|img_row_{row}_col_{column}|>" for row in range(1, 7) for column in range(1, 7)),
        "<|tool_call_start|>",
        "<|tool_call_end|>",
        "<think>",
        "</think>",
    ),
    end="<|im_end|>",
    image_token="<image>",
    config={
        "text_config": {
            "model_type": "lfm2",
            **_TEXT,
            "layer_types": ["conv", "full_attention"],
            "block_auto_adjust_ff_dim": False,
        },
        "vision_config": {
            "model_type": "siglip2_vision_model",
            **_TOWER,
            "num_patches": 16,
            "vision_use_head": False,
        },
        "projector_hidden_size": 32,
        "downsample_factor": 2,
    },
    image_processor={
        "image_processor_type": "Lfm2VlImageProcessor",
        "encoder_patch_size": 8,
        "tile_size": 32,
        "min_image_tokens": 2,
        "max_image_tokens": 6,
        "max_tiles": 6,
        "max_pixels_tolerance": 1.0,
    },
    processor={},
)
FAMILIES: Mapping[str, VisionFamily] = {
    "idefics3": _TILED,
    "smolvlm": _TILED,
    "qwen2_5_vl": _QWEN_2_5_VL,
    "qwen3_vl": _QWEN_3_VL,
    "gemma3": _GEMMA_3,
    "lfm2_vl": _LFM2_VL,
}


@cache
def tokenizer(family: str) -> Tokenizer:
    """A tokenizer of a family, whose special tokens come last."""
    made = Tokenizer.from_str(plain_tokenizer().to_str())
    made.add_special_tokens([AddedToken(t, special=True) for t in FAMILIES[family].tokens])
    return made


def template(family: str) -> str:
    """The chat template of a family."""
    name = f"trl/chat_templates/{FAMILIES[family].template}.jinja"
    return Path(str(distribution("trl").locate_file(name))).read_text(encoding="utf-8")


def write_base(directory: Path, family: str, *, seed: int = 0) -> Path:
    """Write a random model of a family with all its files, and return its directory."""
    directory.mkdir(parents=True, exist_ok=True)
    write_renderer(directory, family)
    config = AutoConfig.from_pretrained(directory)
    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_config(config)
    for name, parameter in model.named_parameters():
        if name.endswith("mm_input_projection_weight"):
            # Zeros to begin with: no picture would be another one.
            torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink()
    return directory


def write_renderer(directory: Path, family: str) -> Path:
    """Write the files that prompts of a family are made from."""
    directory.mkdir(parents=True, exist_ok=True)
    known = FAMILIES[family]
    spoken = tokenizer(family)
    fast_tokenizer(family).save_pretrained(directory)
    (directory / "chat_template.jinja").write_text(template(family), encoding="utf-8")
    size = spoken.get_vocab_size()
    text = {**known.config["text_config"], "vocab_size": size}
    config = {
        **known.config,
        "model_type": family,
        "architectures": [_architecture(family)],
        "text_config": text,
        "vocab_size": size,
        "image_token_id": spoken.token_to_id(known.image_token),
        "tie_word_embeddings": False,
    }
    config |= {
        f"{name}_token_id": spoken.token_to_id(token)
        for name, token in (("vision_start", "<|vision_start|>"), ("vision_end", "<|vision_end|>"))
        if token in known.tokens
    }
    _write(directory / "config.json", config)
    _write(directory / "preprocessor_config.json", known.image_processor)
    _write(directory / "processor_config.json", known.processor)
    return directory


def _architecture(family: str) -> str:
    names = {
        "idefics3": "Idefics3",
        "smolvlm": "SmolVLM",
        "qwen2_5_vl": "Qwen2_5_VL",
        "qwen3_vl": "Qwen3VL",
        "gemma3": "Gemma3",
        "lfm2_vl": "Lfm2Vl",
    }
    return f"{names[family]}ForConditionalGeneration"


def fast_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """The tokenizer of a family as transformers has it."""
    known = FAMILIES[family]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(tokenizer(family).to_str()),
        eos_token=known.end,
        pad_token="<|pad|>",
        bos_token="<bos>" if "<bos>" in known.tokens else None,
    )


def picture(seed: int, width: int = 60, height: int = 40) -> bytes:
    """A picture with a few shapes, as PNG."""
    random = Random(seed)
    drawn = Pictures.new("RGB", (width, height), tuple(random.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(drawn)
    for _ in range(4):
        x, y = random.randrange(width), random.randrange(height)
        size = random.randrange(4, 30)
        draw.ellipse((x, y, x + size, y + size), tuple(random.randrange(256) for _ in range(3)))
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


def store(blobs: Path, content: bytes, detail: ImageDetail = ImageDetail.AUTO) -> Image:
    """Write a picture where blobs are, and return it as a message holds it."""
    digest = hashlib.sha256(content).hexdigest()
    path = blobs / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with Pictures.open(io.BytesIO(content)) as opened:
        width, height = opened.size
    return Image(sha256=digest, width=width, height=height, detail=detail)


def shown(*parts: str | Image) -> Message:
    """What a user says with images in it."""
    text = "".join(part for part in parts if isinstance(part, str))
    return Message(role=Role.USER, content=text, parts=parts)


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


def photo(blobs: Path, seed: int, width: int = 60, height: int = 40) -> Image:
    """Store a drawn picture."""
    return store(blobs, picture(seed, width, height))


def blob_path(blobs: Path, sha256: str) -> Path:
    """Where the bytes of a stored picture are."""
    return blobs / sha256[:2] / sha256


def own_inputs(
    directory: Path, blobs: Path, images: Sequence[Image], ids: torch.Tensor
) -> dict[str, torch.Tensor]:
    """What transformers' own forward is given beside ids [1, T] of a prompt with images."""
    if not images:
        return {}
    config = AutoConfig.from_pretrained(directory)
    if config.model_type == "lfm2_vl":
        processor = own_image_processor().from_pretrained(directory)
    else:
        processor = AutoImageProcessor.from_pretrained(directory, backend="pil")
    pictures = [Pictures.open(blob_path(blobs, one.sha256)).convert("RGB") for one in images]
    inputs = dict(processor([pictures], return_tensors="pt"))
    kinds = (ids == config.image_token_id).long()
    if config.model_type.startswith("qwen"):
        inputs["mm_token_type_ids"] = kinds
    if config.model_type == "gemma3":
        inputs["token_type_ids"] = kinds
        inputs.pop("num_crops", None)
    return inputs


@cache
def processor(family: str) -> Any:
    """A family's own processor of transformers, in the form that needs no torchvision."""
    known = FAMILIES[family]
    match family:
        case "idefics3" | "smolvlm":
            # SmolVLM's own processor asks for its processor of videos, which needs torchvision.
            pictures = Idefics3ImageProcessorPil(**known.image_processor)
            return Idefics3Processor(pictures, fast_tokenizer(family), **known.processor)
        case "gemma3":
            words = fast_tokenizer(family)
            names = ("boi", "eoi", "image")
            for name, token in zip(names, known.tokens[3:], strict=True):
                setattr(words, f"{name}_token", token)
                setattr(words, f"{name}_token_id", words.convert_tokens_to_ids(token))
            return Gemma3Processor(
                Gemma3ImageProcessorPil(**known.image_processor), words, **known.processor
            )
        case "lfm2_vl":
            pictures = own_image_processor()(**known.image_processor)
            return Lfm2VlProcessor(pictures, fast_tokenizer(family), **known.processor)
        case "qwen2_5_vl" | "qwen3_vl":
            pictures = Qwen2VLImageProcessorPil(**known.image_processor)
            return _without_videos(family)(pictures, fast_tokenizer(family))


def _without_videos(family: str) -> Any:
    """Return a processor without its part for videos, which needs torchvision."""
    own = Qwen2_5_VLProcessor if family == "qwen2_5_vl" else Qwen3VLProcessor

    class Processor(own):
        @classmethod
        def get_attributes(cls) -> list[str]:
            return ["image_processor", "tokenizer"]

        def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:
            return (
                None
                if argument is None
                else super().check_argument_for_proper_class(name, argument)
            )

    return Processor
