"""Which variables of templates the data of an eval can have."""

import pytest

from understudy.errors import InvalidRequestError
from understudy.evals.data_schema import check_variables, custom_schema, logs_schema
from understudy.graders.template import read_template

ITEM = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"name": {}}}},
        "free": {"type": "object"},
        "closed": {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        "open": {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
        "any": {},
        "either": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "maybe": {"type": ["object", "null"], "properties": {"a": {}}},
    },
}


def check(text: str, *, has_sample: bool = True) -> None:
    template = read_template(text, param="input")
    check_variables(custom_schema(ITEM, has_sample=has_sample), template.variables, "input")


@pytest.mark.parametrize(
    "place",
    [
        "item",
        "item.text",
        "item.text.inside.json",
        "item.tags[0].name",
        "item.tags[0].name.x",
        "item.free.whatever",
        "item.closed.a",
        "item.open.b",
        "item.any.thing[3]",
        "item.either.x",
        "item.maybe.a",
        "sample.output_text",
        "sample.output_json.a.b",
        "sample.output_tools[0].function.name",
        "sample.choices[0].message.content",
    ],
)
def test_what_the_schema_allows_or_leaves_open_may_be_named(place: str):
    check(f"{{{{ {place} }}}}")


@pytest.mark.parametrize(
    "place",
    [
        "item.txt",
        "item.count.x",
        "item.tags.name",
        "item.tags[0].nome",
        "item.closed.b",
        "item.maybe.b",
        "sample.text",
    ],
)
def test_what_no_row_can_have_may_not(place: str):
    with pytest.raises(InvalidRequestError, match=r"is not in the schema") as refusal:
        check(f"{{{{ {place} }}}}")
    assert refusal.value.code == "invalid_variable"


def test_a_sample_is_only_there_when_the_eval_says_so():
    with pytest.raises(InvalidRequestError, match="include_sample_schema"):
        check("{{ sample.output_text }}", has_sample=False)


def test_stored_answers_have_their_questions():
    template = read_template("{{ item.input[0].content }} {{ item.metadata.use }}", param="x")
    check_variables(logs_schema(), template.variables, "x")
    with pytest.raises(InvalidRequestError):
        check_variables(logs_schema(), read_template("{{ item.q }}", param="x").variables, "x")
