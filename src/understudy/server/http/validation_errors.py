"""What pydantic finds wrong with a request, in OpenAI's words, codes and paths."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from understudy.errors import InvalidRequestError
from understudy.wording import worded

_MAX_PARAM = 200
_MAX_QUOTE = 100
_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "a boolean",
    "bool_parsing": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


class _Refusal(NamedTuple):
    code: str
    message: str


def request_error(
    details: Sequence[Mapping[str, Any]], *, prefix: tuple[str, ...] = ()
) -> InvalidRequestError:
    """Return the first of the errors that pydantic found as one of ours.

    `prefix` is where in the request the validated value stands.
    """
    first = details[0]
    param = _path_of((*prefix, *first["loc"]))
    describe = _DESCRIPTIONS.get(first["type"], _other)
    refusal = describe(param, first)
    return InvalidRequestError(refusal.message, code=refusal.code, param=param or None)


def _path_of(location: Sequence[str | int]) -> str:
    """Write a path as `messages[0].content`; branches of unions (`<text>`) are left out."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not (step.startswith("<") and step.endswith(">")) and step != "[key]":
            path += f".{step}" if path else step
    return path[:_MAX_PARAM]


def _missing(param: str, _: Mapping[str, Any]) -> _Refusal:
    return _Refusal(
        "missing_required_parameter",
        worded("api.missing", "Missing required parameter: '{param}'.", param=param),
    )


def _unknown(param: str, _: Mapping[str, Any]) -> _Refusal:
    return _Refusal(
        "unknown_parameter", worded("api.unknown", "Unknown parameter: '{param}'.", param=param)
    )


def _wrong_type(param: str, details: Mapping[str, Any]) -> _Refusal:
    expected = _EXPECTED[details["type"]]
    got = _kind_of(details["input"])
    return _Refusal(
        "invalid_type",
        worded(
            "api.type",
            "Invalid type for '{param}': expected {expected}, but got {got} instead.",
            param=param,
            expected=expected,
            got=got,
        ),
    )


def _wrong_value(param: str, details: Mapping[str, Any]) -> _Refusal:
    expected = str(details["ctx"]["expected"]).replace(" or ", " and ")
    return _Refusal(
        "invalid_value",
        worded(
            "api.value",
            "Invalid value for '{param}': {value}. Supported values are: {supported}.",
            param=param,
            value=_quote(details["input"]),
            supported=expected,
        ),
    )


def _below(param: str, details: Mapping[str, Any]) -> _Refusal:
    return _out_of_range(param, details, "below minimum", {"ge": ">=", "gt": ">"})


def _above(param: str, details: Mapping[str, Any]) -> _Refusal:
    return _out_of_range(param, details, "above maximum", {"le": "<=", "lt": "<"})


def _out_of_range(
    param: str, details: Mapping[str, Any], where: str, signs: Mapping[str, str]
) -> _Refusal:
    name, bound = next(iter(details["ctx"].items()))
    value = details["input"]
    kind = "decimal" if isinstance(value, float) or isinstance(bound, float) else "integer"
    code = f"{kind}_{where.split()[0]}_{where.split()[1][:3]}_value"
    return _Refusal(
        code,
        worded(
            "api.range",
            "Invalid '{param}': {kind} {where} value. Expected a value {sign} "
            "{bound}, but got {value} instead.",
            param=param,
            kind=kind,
            where=where,
            sign=signs[name],
            bound=bound,
            value=_quote(value),
        ),
    )


def _too_long(param: str, details: Mapping[str, Any]) -> _Refusal:
    return _size(param, details, "max", "maximum")


def _too_short(param: str, details: Mapping[str, Any]) -> _Refusal:
    if not details["input"]:
        kind = _Sized.of(details["input"]).kind
        return _Refusal(
            f"empty_{kind}",
            worded(
                "api.empty",
                "Invalid '{param}': empty {kind}. Expected {article} with at least "
                "{least} element.",
                param=param,
                kind=kind,
                article=_article(kind),
                least=details["ctx"]["min_length"],
            ),
        )
    return _size(param, details, "min", "minimum")


class _Sized(NamedTuple):
    """How lengths of one kind of value are spoken of."""

    kind: str
    measure: str

    @classmethod
    def of(cls, value: object) -> "_Sized":
        if isinstance(value, str):
            return cls("string", "length")
        return cls("object", "properties") if isinstance(value, dict) else cls("array", "length")


def _size(param: str, details: Mapping[str, Any], short: str, word: str) -> _Refusal:
    kind, measure = _Sized.of(details["input"])
    bound, length = details["ctx"][f"{short}_length"], len(details["input"])
    trouble = "too long" if short == "max" else "too short"
    if measure == "properties":
        return _Refusal(
            f"object_above_{short}_properties",
            worded(
                "api.properties",
                "Invalid '{param}': too many properties. Expected an object with "
                "at most {most} properties, but got an object with {length} "
                "properties instead.",
                param=param,
                most=bound,
                length=length,
            ),
        )
    side = "above" if short == "max" else "below"
    return _Refusal(
        f"{kind}_{side}_{short}_length",
        worded(
            "api.length",
            "Invalid '{param}': {kind} {trouble}. Expected {article} with "
            "{word} length {bound}, but got {shown} with length {length} "
            "instead.",
            param=param,
            kind=kind,
            trouble=trouble,
            article=_article(kind),
            word=word,
            bound=bound,
            shown=_article(kind),
            length=length,
        ),
    )


def _pattern(param: str, details: Mapping[str, Any]) -> _Refusal:
    return _Refusal(
        "invalid_value",
        worded(
            "api.pattern",
            "Invalid '{param}': string does not match pattern. Expected a "
            "string that matches the pattern '{pattern}'.",
            param=param,
            pattern=details["ctx"]["pattern"],
        ),
    )


def _infinite(param: str, _: Mapping[str, Any]) -> _Refusal:
    return _Refusal(
        "invalid_value",
        worded("api.finite", "Invalid '{param}': expected a finite number.", param=param),
    )


def _other(param: str, details: Mapping[str, Any]) -> _Refusal:
    return _Refusal("invalid_value", f"Invalid '{param}': {details['msg']}")


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _quote(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + "…"


_DESCRIPTIONS: dict[str, Callable[[str, Mapping[str, Any]], _Refusal]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _wrong_value,
    "enum": _wrong_value,
    "greater_than": _below,
    "greater_than_equal": _below,
    "less_than": _above,
    "less_than_equal": _above,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "string_pattern_mismatch": _pattern,
    "finite_number": _infinite,
    **dict.fromkeys(_EXPECTED, _wrong_type),
}
