"""Where this machine computes models, and in which number format it is fastest."""

import time
from functools import cache

import torch


@cache
def compute_device() -> torch.device:
    """Return the GPU where there is one, else the processor."""
    return torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")


@cache
def fastest_dtype() -> torch.dtype:
    """Return bfloat16 where a matrix product in it beats float32 on this machine, else float32."""
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return min((torch.bfloat16, torch.float32), key=_matmul_seconds)


def _matmul_seconds(dtype: torch.dtype, size: int = 512, repeats: int = 5) -> float:
    left = torch.ones(size, size, dtype=dtype)
    right = torch.ones(size, size, dtype=dtype)
    torch.mm(left, right)  # the first product pays for setting kernels up
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(left, right)
        best = min(best, time.perf_counter() - start)
    return best
