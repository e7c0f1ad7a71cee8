"""The beta and Student's t distributions, as far as tests and intervals need them."""

from functools import lru_cache
from math import lgamma

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_MAX_TERMS = 500
_PRECISION = 1e-14
_TINY = 1e-300


def beta_cdf(x: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Return the regularized incomplete beta function, element by element; a and b above 0.

    Source: Press et al., Numerical Recipes, section 6.4: a continued fraction by Lentz's method.
    """
    x, a, b = np.broadcast_arrays(np.asarray(x, float), np.asarray(a, float), np.asarray(b, float))
    # The fraction converges fast on one side of the mean; the other side is its complement.
    is_upper = x > (a + 1) / (a + b + 2)
    low_x, low_a, low_b = (
        np.where(is_upper, 1 - x, x),
        np.where(is_upper, b, a),
        np.where(is_upper, a, b),
    )
    with np.errstate(divide="ignore"):
        log_front = low_a * np.log(low_x) + low_b * np.log1p(-low_x)
    front = np.exp(log_front + _log_gamma(low_a + low_b) - _log_gamma(low_a) - _log_gamma(low_b))
    low = np.where(low_x > 0, front * _fraction(low_x, low_a, low_b) / low_a, 0.0)
    return np.clip(np.where(is_upper, 1 - low, low), 0.0, 1.0)


def binomial_cdf(k: Numbers, n: Numbers, p: float) -> Numbers:
    """Return how likely at most `k` of `n` draws are hits, element by element; k below n."""
    k, n = np.asarray(k, float), np.asarray(n, float)
    known = np.maximum(k, 0)
    return np.where(k < 0, 0.0, beta_cdf(np.full(k.shape, 1 - p), n - known, known + 1))


def t_p_value(t: float, degrees: float) -> float:
    """Return how likely a value at least as far from 0 is, on both sides, under Student's t."""
    x = degrees / (degrees + t * t)
    return float(beta_cdf(np.array(x), np.array(degrees / 2), np.array(0.5)))


@lru_cache(maxsize=4096)
def t_quantile(p_value: float, degrees: float) -> float:
    """Return the distance from 0 that `t_p_value` gives `p_value` for; by halving intervals."""
    low, high = 0.0, 1.0
    while t_p_value(high, degrees) > p_value:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_p_value(middle, degrees) > p_value else (low, middle)
    return (low + high) / 2


def _log_gamma(x: Numbers) -> Numbers:
    return np.vectorize(lgamma, otypes=[float])(x)


def _fraction(x: Numbers, a: Numbers, b: Numbers) -> Numbers:
    c, d = np.ones_like(x), 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
    value = d.copy()
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d, c = 1 + step * d, 1 + step / c
            d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
            c = np.where(np.abs(c) < _TINY, _TINY, c)
            change = c * d
            value = value * change
        if np.all(np.abs(change - 1) < _PRECISION):
            break
    return value
