"""A process of its own that unpacks a GGUF file into an ordinary transformers directory."""

import json
import sys
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
from transformers.integrations.gguf.dequant import GGML_NAME
from transformers.integrations.gguf.utils import is_gguf_arch_supported

from understudy.errors import UnderstudyError
from understudy.modeling.free_memory import free_main_memory
from understudy.modeling.gguf_header import GgufError, GgufHeader, read_gguf_header
from understudy.modeling.gguf_tokens import Tokenizer, find_difference

_MAX_WORDS = 400
_DENSE = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
# Beside the unpacked weights: one tensor in blocks and in float32, and the file's pages.
_SPARE_SHARE = 1.25


def convert(source: Path, target: Path) -> dict[str, Any]:
    """Write the model of `source` into `target` and return what became of it.

    The number format is that of the file's weights where they are not quantised, else bfloat16.
    """
    header = read_gguf_header(source)
    _refuse_unknown(source, header)
    dtype = _DENSE.get(header.main_format, torch.bfloat16)
    _refuse_too_large(source, header, dtype)
    tokenizer: Any = AutoTokenizer.from_pretrained(
        source.parent, gguf_file=source.name, local_files_only=True, trust_remote_code=False
    )
    difference = find_difference(cast("Tokenizer", tokenizer), header.metadata)
    if difference is not None:
        raise GgufError(
            f"The tokenizer that transformers makes of {source} is not the one in the file: "
            f"{difference}. Use the model's own transformers directory instead."
        )
    model: Any = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=dtype,
        local_files_only=True,
        trust_remote_code=False,
    )
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    return {"dtype": str(dtype).removeprefix("torch.")}


def _refuse_unknown(source: Path, header: GgufHeader) -> None:
    is_native = is_gguf_arch_supported(header.architecture)
    if not is_native and header.architecture not in GGUF_CONFIG_MAPPING:
        raise GgufError(
            f"{source} is a model of the architecture '{header.architecture}', which transformers "
            "cannot read from GGUF; use the model's own transformers directory instead."
        )
    readable = {*GGML_NAME.values(), *_DENSE}
    unreadable = sorted(set(header.formats) - readable)
    if is_native and unreadable:
        raise GgufError(
            f"{source} has weights in {', '.join(unreadable)}, which transformers cannot read; it "
            f"reads {', '.join(sorted(readable))}. Get the model in one of these, Q8_0 or F16 for "
            "instance."
        )


def _refuse_too_large(source: Path, header: GgufHeader, dtype: torch.dtype) -> None:
    needed = header.parameter_count * dtype.itemsize * _SPARE_SHARE
    free = free_main_memory()
    if needed > free:
        raise GgufError(
            f"Unpacking {source} takes about {needed / 1e9:,.1f} GB of memory, and "
            f"{free / 1e9:,.1f} GB are free."
        )


def main() -> None:
    """Convert SOURCE into TARGET; print a JSON object, with a `problem` where it failed."""
    source, target = map(Path, sys.argv[1:])
    try:
        result = convert(source, target)
    except UnderstudyError as error:
        result = {"problem": error.message}
    # The outer edge of this process: whatever the file made the libraries raise, its words are
    # this process's answer.
    except Exception as error:  # noqa: BLE001
        words = " ".join(str(error).split())[:_MAX_WORDS] or type(error).__name__
        result = {"problem": f"{source} cannot be unpacked: {words}"}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
