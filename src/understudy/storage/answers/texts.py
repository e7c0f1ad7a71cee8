"""Whether stored JSON holds a text in what somebody said, whichever database keeps it."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Text,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler

_SAID = ("content", "text", "refusal", "arguments", "output", "name")
"""The fields of messages and items in which somebody says something."""


class _Holds(ColumnElement[bool]):
    """Written for each database in its own words."""

    inherit_cache = False

    def __init__(self, column: InstrumentedAttribute[Any], path: str, text: str) -> None:
        self.column, self.path, self.text = column, path, text


def holds_text(column: InstrumentedAttribute[Any], path: str, text: str) -> ColumnElement[bool]:
    """Say whether what is said in a column of JSON, below a path, holds a text in either case."""
    return _Holds(column, path, text)


@compiles(_Holds, "sqlite")
def _sqlite(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    tree = func.json_tree(element.column, element.path).table_valued("key", "type", "atom")
    said = tree.c.key.in_(_SAID) & (tree.c.type == "text")
    found = select(1).where(said, cast(tree.c.atom, Text).icontains(element.text, autoescape=True))
    return compiler.process(found.exists(), **options)


@compiles(_Holds, "postgresql")
def _postgresql(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    steps = element.path.removeprefix("$")
    found: list[Exists] = []
    for name in _SAID:
        path = f'strict ${steps}.**.{name} ? (@.type() == "string")'
        said = func.jsonb_path_query(
            cast(element.column, JSONB),
            cast(literal(path), JSONPATH),
            # No variables, and nothing is said of what lacks the field.
            literal_column("'{}'::jsonb"),
            true(),
        ).column_valued("said")
        text = cast(said.op("#>>")(literal_column("'{}'")), Text)
        found.append(exists(select(1).where(text.icontains(element.text, autoescape=True))))
    return "(" + " OR ".join(compiler.process(one, **options) for one in found) + ")"
