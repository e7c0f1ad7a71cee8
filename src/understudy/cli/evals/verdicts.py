"""Says a comparison's verdict in the terminal's language, from the codes and numbers of the API."""

from collections.abc import Mapping
from typing import Any

from understudy.cli.evals.api import Json
from understudy.cli.language import Language, chinese_sentences, filled, named, terminal_language

_SCORE = "score"
_ALL = "all criteria"
_DIFFERENCES = ("difference", "low", "high", "worst_low", "worst_high")


def verdict_said(comparison: Json) -> str:
    """Return what a comparison says: the server's English, or each statement in Chinese."""
    if terminal_language() is Language.ENGLISH:
        return str(comparison["sentence"])
    return "".join(map(_statement_said, comparison["statements"]))


def _statement_said(statement: Json) -> str:
    code, values = statement["code"], statement["values"]
    if f"verdict.{code}" not in chinese_sentences():
        return str(statement["text"])
    if code == "mixed":
        sides = ("better", "worse")
        return _piece(
            code, {side: [_piece("part", _shown(v)) for v in values[side]] for side in sides}
        )
    return _piece(code, _shown(values))


def _shown(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the numbers of a statement as its template shows them, and clauses of them."""
    is_score = values.get("kind") == _SCORE
    shown: dict[str, Any] = dict(values)
    for name in _DIFFERENCES:
        if (value := values.get(name)) is not None:
            shown[name] = f"{value:+.3f}" if is_score else f"{100 * value:+.1f}"
    if "difference" in values:
        for name in ("base", "candidate"):
            value = values[name]
            shown[name] = f"{value:.3f}" if is_score else f"{100 * value:.1f}%"
    for name in ("margin", "detectable"):
        if (value := values.get(name)) is not None:
            shown[name] = f"{100 * value:.1f}".removesuffix(".0")
    if (value := values.get("p_value")) is not None:
        shown["p"] = "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
    criterion = values.get("criterion")
    shown["name"] = named(_ALL) if criterion is None else criterion
    return shown | {
        "unit": "" if is_score else _piece("points", {}),
        "by": _by(values, is_score=is_score),
        "interval": "" if values.get("low") is None else _piece("interval", shown),
        "corrected": _piece("corrected", values) if values.get("tests", 1) > 1 else "",
        "advice": "" if values.get("needed") is None else _piece("needed", shown),
    }


def _by(values: Mapping[str, Any], *, is_score: bool) -> str:
    if values.get("criterion") is None:
        return ""
    return _piece("by_score" if is_score else "by", values)


def _piece(code: str, values: Mapping[str, Any]) -> str:
    return filled(chinese_sentences()[f"verdict.{code}"], values)
