"""Numbers as the sentences of verdicts write them."""


def percent(rate: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * rate:.1f} %"


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, without a needless decimal."""
    return f"{100 * difference:.1f}".removesuffix(".0")


def signed_points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return f"{100 * difference:+.1f}"


def signed(difference: float) -> str:
    """Return a difference of scores with its sign."""
    return f"{difference:+.3f}"


def items(count: int) -> str:
    """Return a number of items."""
    return "1 item" if count == 1 else f"{count:,} items"


def p_text(value: float) -> str:
    """Return a p-value with the sign before it."""
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
