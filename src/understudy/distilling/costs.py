"""What 1,000 calls take: money at the teacher's server, time of this machine for a student."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from understudy.distilling.terms import Remotes

_CALLS = 1000


def price_of_1000(samples: Sequence[Mapping[str, Any]], remotes: Remotes) -> float | None:
    """Return what 1,000 calls like these cost by the prices of the remote models that answered.

    None where the price of one is not known. Each sample has its `model` and `usage`.
    """
    prices = [_price(sample, remotes) for sample in samples]
    known = [price for price in prices if price is not None]
    return _CALLS * fmean(known) if known and len(known) == len(prices) else None


def seconds_of_1000(used: Mapping[str, Any]) -> float | None:
    """Return the seconds of this machine that 1,000 calls take, or None where none was measured.

    `used` is what a run counted for one model.
    """
    seconds, calls = used.get("seconds") or 0.0, used.get("invocations") or 0
    return _CALLS * seconds / calls if seconds and calls else None


def _price(sample: Mapping[str, Any], remotes: Remotes) -> float | None:
    used = sample["usage"]
    # An answer whose tokens nobody counted would be free.
    if not used["prompt_tokens"]:
        return None
    for endpoint in remotes.values():
        price_in, price_out = endpoint.price_in, endpoint.price_out
        if price_in is not None and price_out is not None and endpoint.gave(sample["model"]):
            tokens = used["prompt_tokens"] * price_in + used["completion_tokens"] * price_out
            return tokens / 1_000_000
    return None
