import pytest

from understudy.data.json_schema import first_violation

CITY = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 2},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "places": {"type": "array", "items": {"$ref": "#/$defs/place"}, "maxItems": 2},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "required": ["x"], "properties": {"x": {"const": 1}}}},
}


@pytest.mark.parametrize(
    "value",
    [
        {"city": "Rome"},
        {"city": "Rome", "days": 14, "unit": "celsius"},
        {"city": "Rome", "days": 3.0},
        {"city": "Rome", "places": [{"x": 1}, {"x": 1.0}]},
    ],
)
def test_what_fits_is_not_complained_about(value: object):
    assert first_violation(CITY, value) is None


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([], "the value must be of type object"),
        ({}, 'the value lacks the required "city"'),
        ({"city": 3}, "city must be of type string"),
        ({"city": "R"}, "city breaks minLength 2"),
        ({"city": "Rome", "days": True}, "days must be of type integer"),
        ({"city": "Rome", "days": 1.5}, "days must be of type integer"),
        ({"city": "Rome", "days": 15}, "days breaks maximum 14"),
        ({"city": "Rome", "unit": "kelvin"}, 'unit must be one of ["celsius", "fahrenheit"]'),
        ({"city": "Rome", "more": 1}, "more is not allowed"),
        ({"city": "Rome", "places": [{"x": 1}, {}]}, 'places[1] lacks the required "x"'),
        ({"city": "Rome", "places": [{"x": True}]}, "places[0].x must be 1"),
        ({"city": "Rome", "places": [{"x": 1}] * 3}, "places breaks maxItems 2"),
    ],
)
def test_what_breaks_the_schema_is_named_with_its_place(value: object, complaint: str):
    assert first_violation(CITY, value) == complaint


def test_one_of_several_forms_is_enough():
    schema = {"anyOf": [{"type": "string"}, {"type": ["null", "integer"]}]}
    assert first_violation(schema, "a") is None
    assert first_violation(schema, None) is None
    assert first_violation(schema, 1.5) == "the value matches none of the 2 allowed forms"
    assert first_violation({"allOf": [{"minimum": 3}, {"maximum": 1}]}, 2) == (
        "the value breaks minimum 3"
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "unheard of"},
        {"type": {}, "enum": 3, "required": "city", "properties": [], "items": 1, "anyOf": {}},
        {"pattern": "(a+)+$", "not": {}, "$ref": "https://example.com/schema"},
        {"$ref": "#/nowhere", "minimum": "3", "maxLength": None},
        {"$ref": "#"},
    ],
)
def test_what_cannot_be_judged_passes(schema: dict[str, object]):
    for value in (3, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", None, {"a": [1]}, [[]]):
        assert first_violation(schema, value) is None


def test_a_schema_written_to_take_for_ever_is_given_up():
    branch: dict[str, object] = {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}
    assert first_violation(branch, 1) is None
