"""Whose fault it is that code raised: the sample's, if the failing expression was made of it."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import TracebackType
from typing import NamedTuple

# Raised by code that is wrong, or that wants what there is not, whatever the sample says.
_FAULTS_OF_CODE = frozenset(
    {
        "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError", "SyntaxError",
        "NotImplementedError", "MemoryError", "OSError", "PermissionError", "FileNotFoundError",
        "SystemExit", "KeyboardInterrupt",
    }
)  # fmt: skip
_SAMPLE, _ITEM = "sample", "item"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Origins = Mapping[str, frozenset[str]]
"""From a name to what its value was made of: the sample, the item."""
_NOTHING: frozenset[str] = frozenset()


class Place(NamedTuple):
    """Where in the source an expression stands: lines from 1, columns in bytes from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


def places_of(trace: TracebackType | None, file_name: str) -> list[Place]:
    """Return the expressions that were being worked out in a file, the outermost first."""
    places: list[Place] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == file_name:
            line, end_line, column, end_column = list(code.co_positions())[trace.tb_lasti // 2]
            if line and end_line and column is not None and end_column is not None:
                places.append(Place(line, column, end_line, end_column))
        trace = trace.tb_next
    return places


def blames_sample(source: str, error: str, places: Sequence[Place]) -> bool:
    """Say whether an error of that type, raised at the last place, is due to the sample.

    It is when the failing expression was made of the sample, through whatever variables and
    functions of the source. A missing key of `sample` itself is the code's: all samples have the
    same ones.
    """
    if error in _FAULTS_OF_CODE or not places:
        return False
    tree = _parsed(source)
    function = next((f for f in reversed(tree.body) if _is_grade(f)), None)
    if not isinstance(function, _Function):
        return False
    names = [argument.arg for argument in function.args.args[:2]]
    origins = _followed(function, dict(zip(names, ({_SAMPLE}, {_ITEM}), strict=False)))
    for outer, inner in pairwise(places):
        entered = _function_at(tree, inner)
        if entered is not None and entered is not function:
            given = _given(entered, _node_at(function, outer), origins)
            is_nested = entered in ast.walk(function)
            function = entered
            origins = _followed(function, {**(origins if is_nested else {}), **given})
    node = _node_at(function, places[-1])
    if node is None or (isinstance(node, ast.Attribute | ast.Subscript) and _is_whole(node, names)):
        return False
    return _SAMPLE in _origins_of(_reasons(function, node, error), origins)


@lru_cache(maxsize=4)
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _is_grade(statement: ast.stmt) -> bool:
    return isinstance(statement, _Function) and statement.name == "grade"


def _is_whole(node: ast.Attribute | ast.Subscript, names: Sequence[str]) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in names


def _followed(function: _Function, given: Mapping[str, Iterable[str]]) -> _Origins:
    """Return the origins of all names in a function, from those of its parameters."""
    origins = {name: frozenset(made_of) for name, made_of in given.items()}
    bindings = [(target, value) for node in ast.walk(function) for target, value in _bound(node)]
    is_growing = True
    while is_growing:
        is_growing = False
        for target, value in bindings:
            found = _origins_of([value], origins)
            for name in _names(target):
                if not found <= origins.get(name, _NOTHING):
                    origins[name] = origins.get(name, _NOTHING) | found
                    is_growing = True
    return origins


def _bound(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Iterate over what a node binds, each with what the value is made of."""
    match node:
        case ast.Assign():
            yield from ((target, node.value) for target in node.targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.AugAssign() | ast.NamedExpr():
            yield node.target, node.value
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.target, node.iter
        case ast.withitem(optional_vars=ast.expr() as target):
            yield target, node.context_expr
        case ast.Call():
            lambdas = [each for each in [*node.args, *node.keywords] if _lambda(each) is not None]
            yield from ((made.args, node) for each in lambdas if (made := _lambda(each)))
        case _:
            pass


def _lambda(argument: ast.expr | ast.keyword) -> ast.Lambda | None:
    value = argument.value if isinstance(argument, ast.keyword) else argument
    return value if isinstance(value, ast.Lambda) else None


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.arg):
            yield part.arg


def _origins_of(nodes: Iterable[ast.AST], origins: _Origins) -> frozenset[str]:
    found = [origins.get(name, _NOTHING) for node in nodes for name in _names(node)]
    return frozenset().union(*found)


def _function_at(tree: ast.Module, place: Place) -> _Function | None:
    """Return the innermost function that a place stands in."""
    around = [n for n in ast.walk(tree) if isinstance(n, _Function) and _holds(n, place)]
    return around[-1] if around else None


def _node_at(function: _Function, place: Place) -> ast.AST | None:
    """Return the innermost node that holds a place: the one at it, where there is one."""
    around = [node for node in ast.walk(function) if _holds(node, place)]
    return around[-1] if around else None


def _holds(node: ast.AST, place: Place) -> bool:
    if not isinstance(node, ast.expr | ast.stmt):
        return False
    begin, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    return begin <= (place.line, place.column) and (place.end_line, place.end_column) <= end


def _given(
    entered: _Function, call: ast.AST | None, origins: _Origins
) -> dict[str, frozenset[str]]:
    """Return the origins of the parameters of a function that was called."""
    names = [argument.arg for argument in [*entered.args.posonlyargs, *entered.args.args]]
    every = [*names, *(argument.arg for argument in entered.args.kwonlyargs)]
    is_plain = (
        isinstance(call, ast.Call)
        and not any(isinstance(argument, ast.Starred) for argument in call.args)
        and all(keyword.arg for keyword in call.keywords)
        and (isinstance(call.func, ast.Name) and call.func.id == entered.name)
    )
    if not is_plain or not isinstance(call, ast.Call):
        whole = _NOTHING if call is None else _origins_of([call], origins)
        return dict.fromkeys(every, whole)
    given = dict(zip(names, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return {name: _origins_of([value], origins) for name, value in given.items()}


def _reasons(function: _Function, node: ast.AST, error: str) -> list[ast.AST]:
    """Return what made a node fail: itself, or what led to a `raise` or an `assert`."""
    if error == "ZeroDivisionError" and isinstance(node, ast.BinOp):
        return [node.right]
    if not isinstance(node, ast.stmt):
        return [node]
    reasons: list[ast.AST] = [node]
    for around in ast.walk(function):
        if around is node or node not in ast.walk(around):
            continue
        if isinstance(around, ast.If | ast.While):
            reasons.append(around.test)
        elif isinstance(around, ast.For):
            reasons.append(around.iter)
        elif isinstance(around, ast.Try):
            reasons += around.body
    return reasons
