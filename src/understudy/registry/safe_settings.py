"""What the JSON files of a model directory may not ask for: code of its own, impossible sizes."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

# Read by transformers as "run this": classes, pipelines and ways to generate from a repository.
_ASKS_FOR_CODE = frozenset({"auto_map", "custom_pipelines", "custom_generate"})
# Names with a slash in these are kernels, which come from a hub.
_NAMES_A_KERNEL = ("attn_implementation", "experts_implementation")
_MAX = {
    "hidden_size": 1_000_000,
    "num_hidden_layers": 10_000,
    "num_attention_heads": 100_000,
    "vocab_size": 100_000_000,
    "max_position_embeddings": 1_000_000_000,
}


def asks_for_code(settings: object) -> str | None:
    """Return the key, at whatever depth, by which settings ask for code that is not ours."""
    for key, value in _pairs(settings):
        is_kernel = key.endswith(_NAMES_A_KERNEL) and isinstance(value, str) and "/" in value
        if key in _ASKS_FOR_CODE or is_kernel:
            return key
    return None


def impossible_size(config: Mapping[str, Any]) -> str | None:
    """Return the words about a number in a config.json that no model has, or None."""
    for key, value in _pairs(config):
        # Some architectures have a list, one number for each layer.
        if key in _MAX and value is not None and not isinstance(value, list):
            if type(value) is not int or not 1 <= value <= _MAX[key]:
                return f"{key} has to be a whole number from 1 to {_MAX[key]:,}"
        elif "rope" in key and not all(map(math.isfinite, _numbers(value))):
            return f"{key} has to be of finite numbers"
    return None


def _pairs(value: object) -> Iterator[tuple[str, Any]]:
    """Iterate over all keys and their values, at whatever depth."""
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, dict):
            yield from inner.items()
            pending.extend(inner.values())
        elif isinstance(inner, list):
            pending.extend(inner)


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    yield from (each for _, each in _pairs(value) if isinstance(each, float))
