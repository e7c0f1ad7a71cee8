"""Formulas over scores: a bounded parser that knows numbers, names, signs and few functions."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from understudy.wording import worded

_MAX_CHARACTERS = 8192
_MAX_DEPTH = 64
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w)|(?P<name>\w+)|(?P<sign>\S))"
)

Scores = Mapping[str, float]
_Evaluate = Callable[[Scores], float]


class FormulaError(ValueError):
    """The text is no formula; the message says why, for its writer."""


class NoValueError(ValueError):
    """The formula has no value for these scores; the message says why."""


@dataclass(frozen=True)
class Formula:
    """A formula that can be worked out for any scores of its names."""

    text: str
    names: frozenset[str]
    """The names of scores that stand in it."""
    _evaluate: _Evaluate

    def value(self, scores: Scores) -> float:
        """Return the value; raises NoValueError where there is none, or none that is finite."""
        try:
            value = self._evaluate(scores)
        except ZeroDivisionError:
            raise NoValueError(
                worded(
                    "graders.divides_zero",
                    "it divides by zero",
                )
            ) from None
        except OverflowError:
            raise NoValueError(
                worded(
                    "graders.result_too_large",
                    "the result is too large",
                )
            ) from None
        if not math.isfinite(value):
            raise NoValueError(
                worded(
                    "graders.result_not_finite",
                    "the result is not finite",
                )
            )
        return value


class _Function(NamedTuple):
    """A function that formulas may call."""

    apply: Callable[[Sequence[float]], float]
    most_arguments: int | None


def _sqrt(x: float) -> float:
    if x < 0:
        raise NoValueError(
            worded(
                "graders.square_root_not_number",
                "the square root of {x:g} is not a number",
                x=x,
            )
        )
    return math.sqrt(x)


def _log(x: float) -> float:
    if x <= 0:
        raise NoValueError(
            worded(
                "graders.no_logarithm",
                "{x:g} has no logarithm",
                x=x,
            )
        )
    return math.log(x)


def _negative(operand: _Evaluate) -> _Evaluate:
    return lambda scores: -operand(scores)


def _power(base: float, exponent: float) -> float:
    value = base**exponent
    if isinstance(value, complex):
        raise NoValueError(
            worded(
                "graders.power_not_number",
                "{base:g} to the power of {exponent:g} is not a number",
                base=base,
                exponent=exponent,
            )
        )
    return value


def _of_one(apply: Callable[[float], float]) -> _Function:
    def apply_to_first(values: Sequence[float]) -> float:
        return apply(values[0])

    return _Function(apply_to_first, 1)


_FUNCTIONS: Mapping[str, _Function] = {
    "min": _Function(min, None),
    "max": _Function(max, None),
    "abs": _of_one(abs),
    "floor": _of_one(math.floor),
    "ceil": _of_one(math.ceil),
    "exp": _of_one(math.exp),
    "sqrt": _of_one(_sqrt),
    "log": _of_one(_log),
}


def read_formula(text: str, names: Sequence[str]) -> Formula:
    """Read a formula over scores of these names; raises FormulaError saying what is wrong."""
    if len(text) > _MAX_CHARACTERS:
        raise FormulaError(
            worded(
                "graders.longer_than_characters",
                "it is longer than {max_characters} characters",
                max_characters=_MAX_CHARACTERS,
            )
        )
    reader = _Reader(text, frozenset(names))
    evaluate = reader.read_all()
    return Formula(text, frozenset(reader.used), evaluate)


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Reader:
    """Reads by recursive descent: sum, product, sign, power, value."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self._tokens = [
            _Token(
                str(match.lastgroup), match[str(match.lastgroup)], match.start(match.lastgroup or 0)
            )
            for match in _TOKEN.finditer(text)
        ]
        self._tokens.append(_Token("end", "the end", len(text)))
        self._next = 0
        self._names = names
        self._depth = 0
        self.used: set[str] = set()

    def read_all(self) -> _Evaluate:
        evaluate = self._sum()
        if self._token.kind != "end":
            raise self._unexpected("an operator")
        return evaluate

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *signs: str) -> str | None:
        """Step over the next token if it is one of `signs`, and return it."""
        token = self._token
        if token.kind != "sign" or token.text not in signs:
            return None
        self._next += 1
        return token.text

    def _sum(self) -> _Evaluate:
        first = self._product()
        rest: list[tuple[int, _Evaluate]] = []
        while sign := self._take("+", "-"):
            rest.append((1 if sign == "+" else -1, self._product()))
        if not rest:
            return first
        # Not nested closures: a long sum must not need a deep stack.
        return lambda scores: first(scores) + sum(sign * term(scores) for sign, term in rest)

    def _product(self) -> _Evaluate:
        first = self._signed()
        rest: list[tuple[str, _Evaluate]] = []
        while sign := self._take("*", "/"):
            rest.append((sign, self._signed()))
        if not rest:
            return first

        def evaluate(scores: Scores) -> float:
            value = first(scores)
            for sign, factor in rest:
                value = value * factor(scores) if sign == "*" else value / factor(scores)
            return value

        return evaluate

    def _signed(self) -> _Evaluate:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise FormulaError(
                worded(
                    "graders.nested_more_than_deep",
                    "it is nested more than {max_depth} deep",
                    max_depth=_MAX_DEPTH,
                )
            )
        sign = self._take("-", "+")
        if sign is None:
            evaluate = self._power()
        else:
            operand = self._signed()
            evaluate = _negative(operand) if sign == "-" else operand
        self._depth -= 1
        return evaluate

    def _power(self) -> _Evaluate:
        base = self._value()
        if not self._take("^"):
            return base
        exponent = self._signed()
        return lambda scores: _power(base(scores), exponent(scores))

    def _value(self) -> _Evaluate:
        if self._take("("):
            inner = self._sum()
            self._close()
            return inner
        token = self._token
        if token.kind not in ("number", "name"):
            raise self._unexpected("a number, a grader's name or a function")
        self._next += 1
        if token.kind == "number":
            number = float(token.text)
            return lambda _: number
        return self._call(token) if self._take("(") else self._score(token)

    def _score(self, token: _Token) -> _Evaluate:
        name = token.text
        if name not in self._names:
            raise FormulaError(
                worded(
                    "graders.character_not_grader_here",
                    "'{name}' at character {position} is not a grader here; the "
                    "graders are {names}",
                    name=name[:64],
                    position=token.position,
                    names=", ".join(sorted(self._names))[:500],
                )
            )
        self.used.add(name)
        return lambda scores: scores[name]

    def _call(self, token: _Token) -> _Evaluate:
        function = _FUNCTIONS.get(token.text)
        if function is None:
            raise FormulaError(
                worded(
                    "graders.character_not_function_here",
                    "'{words}' at character {position} is not a function here; the "
                    "functions are {names}",
                    words=token.text[:64],
                    position=token.position,
                    names=", ".join(_FUNCTIONS),
                )
            )
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self._close()
        if function.most_arguments is not None and len(arguments) > function.most_arguments:
            raise FormulaError(
                worded(
                    "graders.takes_one_value_but",
                    "{words} takes one value, but has {arguments}",
                    words=token.text,
                    arguments=len(arguments),
                )
            )
        return lambda scores: function.apply([argument(scores) for argument in arguments])

    def _close(self) -> None:
        if not self._take(")"):
            raise self._unexpected("a closing parenthesis")

    def _unexpected(self, wanted: str) -> FormulaError:
        token = self._token
        what = token.text if token.kind == "end" else f"'{token.text[:64]}'"
        return FormulaError(
            worded(
                "graders.character_stands_where_expected",
                "{what} at character {position} stands where {wanted} is expected",
                what=what,
                position=token.position,
                wanted=wanted,
            )
        )
