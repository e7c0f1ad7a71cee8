"""Which schemas answers can be held to, and what is said of the others."""

import pytest

from understudy.chat.grammar.schemas import parameters_problem, schema_problem


def strict(**properties: object) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


DIALECT = "https://json-schema.org/draft/2020-12/schema"
NODE = strict(
    value={"type": "integer"}, next={"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}
)
GOOD = [
    strict(),
    strict(a={"type": "string", "description": "d"}, b={"type": ["integer", "null"]}),
    strict(a={"type": "array", "items": strict(x={"enum": [1, "a", None]}), "maxItems": 3}),
    strict(a={"anyOf": [strict(kind={"const": "x"}), strict(kind={"const": "y"})]}),
    strict(head={"$ref": "#/$defs/node"}) | {"$defs": {"node": NODE}},
    strict(me={"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
    strict(
        day={"type": "string", "format": "date"}, id={"type": "string", "pattern": "^[a-z]{3}$"}
    ),
    strict(n={"type": "number", "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.5}),
    strict(a={"type": "string", "title": "A", "default": "x"}) | {"title": "T", "$schema": DIALECT},
]


@pytest.mark.parametrize("schema", GOOD)
def test_strict_schemas_are_followed(schema: dict):
    assert schema_problem(schema, is_strict=True) is None


CLOSED = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = (
    "'required' is required to be supplied and to be an array including every key in properties."
)
DEEP: dict = {"type": "string"}
for _ in range(60):
    DEEP = {"type": "array", "items": {"anyOf": [DEEP]}}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array", "items": {}}, """of 'type: "object"', got 'type: "array"'."""),
        ({}, """of 'type: "object"', got 'type: "None"'."""),
        (strict() | {"anyOf": []}, """of 'type: "object"'"""),
        ({"type": "object"}, f"In context=(), {CLOSED}"),
        (strict() | {"additionalProperties": True}, f"In context=(), {CLOSED}"),
        (strict(a={"type": "object", "properties": {}}),
         f"In context=('properties', 'a'), {CLOSED}"),
        (strict(a={}) | {"required": []}, f"In context=(), {REQUIRED} Missing 'a'."),
        (strict() | {"required": ["b"]}, f"{REQUIRED} Extra required key 'b' supplied."),
        (strict(a={"type": "array", "items": {"properties": {"x": {}}}}),
         "In context=('properties', 'a', 'items'), "),
        (strict(a={"type": "string", "wild": 1}), "('properties', 'a'), 'wild' is not permitted."),
        (strict(a={"not": {}}), "'not' is not permitted."),
        (strict(a={"patternProperties": {}}), "'patternProperties' is not permitted."),
        (strict(a=5), "a schema must be an object."),
        (strict() | {"properties": []}, "'properties' must be an object"),
        (strict(a={"type": "strng"}), "Invalid type: strng"),
        (strict(a={"$ref": "#/$defs/none"}), "'/$defs/none' does not exist"),
        (strict(a={"$ref": "https://example.com/x.json"}), "not present in a registry"),
        (strict(a={"type": "string", "pattern": "(?=a)b"}), "look-around"),
        (strict(a={"type": "string", "pattern": "(a)\\1"}), "backreferences"),
        (strict(a={"type": "string", "format": "color"}), "Unknown format: color"),
        (strict(a={"type": "string", "minLength": 3, "maxLength": 2}), "Unsatisfiable schema"),
        (strict(a=False), "unsatisfiable"),
        (strict(a={"type": "integer", "multipleOf": 7919 * 104729}), "fuel"),
        (strict(a=DEEP), "nested more than"),
        (strict(a={"enum": ["x" * 600_000]}), "characters"),
    ],
)  # fmt: skip
def test_what_strict_schemas_may_not_have_is_named(schema: dict, said: str):
    assert said in (schema_problem(schema, is_strict=True) or "")


def test_without_strictness_what_cannot_be_followed_is_passed_over():
    loose = {"type": "object", "properties": {"a": {"type": "string", "wild": 1, "format": "x"}}}
    assert schema_problem(loose | {"not": {}}, is_strict=False) is None
    assert schema_problem({"$ref": "#/$defs/none"}, is_strict=False) is not None


def test_a_schema_that_is_nested_without_end_is_refused_and_not_followed():
    nested: dict = {"type": "string"}
    for _ in range(400):
        nested = {"type": "object", "properties": {"a": nested}}
    assert schema_problem(nested, is_strict=False) == "it is nested too deeply."


def test_arguments_are_always_an_object():
    assert parameters_problem(None, is_strict=True) is None
    assert parameters_problem({}, is_strict=False) is None
    assert parameters_problem({"properties": {"a": {}}}, is_strict=False) is None
    problem = parameters_problem({"type": "string"}, is_strict=False)
    assert problem == """schema must be a JSON Schema of 'type: "object"', got 'type: "string"'."""


def test_exponential_schemas_are_judged_within_bounds():
    doubled: dict = {"type": "string"}
    for _ in range(25):
        doubled = {"anyOf": [{"type": "array", "items": doubled}, {"type": "null"}]}
    assert schema_problem(strict(a=doubled), is_strict=True) is None
    wide = {"anyOf": [{"properties": {f"p{i}": {"type": "string"}}} for i in range(6)]}
    crossed = {"type": "object", "allOf": [wide] * 8}
    assert "too large" in (schema_problem(crossed, is_strict=False) or "")


def test_a_size_that_is_written_as_a_decimal_number_is_the_same_size():
    sized = {"type": "array", "items": {"enum": [1.0]}, "minItems": 1.0, "maxItems": 2.0}
    assert schema_problem({"type": "object", "properties": {"x": sized}}, is_strict=False) is None
    half = {"type": "array", "maxItems": 1.5}
    assert schema_problem({"type": "object", "properties": {"x": half}}, is_strict=False)
