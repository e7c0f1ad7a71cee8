import pytest

from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradingError
from understudy.graders.sample import Sample, sample_of_answer
from understudy.graders.template import Variable, read_template

ITEM = {
    "answer": "42",
    "facts": [{"text": "first"}, {"text": "second"}],
    "count": 3,
    "ratio": 0.5,
    "nothing": None,
    "flags": {"is_on": True},
    "as_text": '{"inner": [1, {"deep": "found"}]}',
    "odd key": "spaced",
    "kebab-case": "skewered",
}


HI = sample_of_answer("hi")


def fill(text: str, sample: Sample = HI, item: dict = ITEM) -> str:
    return read_template(text, param="p").fill(sample, item)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{item.answer}}", "42"),
        ("a {{ item.answer }} b {{ item.count }}", "a 42 b 3"),
        ("{{ item.facts[1].text }}", "second"),
        ("{{ item.facts[-1].text }}", "second"),
        ("{{ item.facts.0.text }}", "first"),
        ("{{ item.facts }}", '[{"text": "first"}, {"text": "second"}]'),
        ("{{ item.nothing }}", "null"),
        ("{{ item.flags.is_on }}", "true"),
        ("{{ item.ratio }}", "0.5"),
        ('{{ item["odd key"] }}', "spaced"),
        ("{{ item['odd key'] }}", "spaced"),
        ("{{ item.kebab-case }}", "skewered"),
        ("{{ sample.output_text }}", "hi"),
        ("{{ sample.choices[0].message.content }}", "hi"),
        ('{{ "{{" }} item.answer }}', "{{ item.answer }}"),
        ("} } {x} {", "} } {x} {"),
    ],
)
def test_variables_are_filled_in(template: str, filled: str):
    assert fill(template) == filled


def test_a_text_that_holds_json_is_walked_into():
    assert fill("{{ item.as_text.inner[1].deep }}") == "found"
    call = {"type": "function", "function": {"name": "f", "arguments": '{"city": "Köln"}'}}
    sample = sample_of_answer("", [call])
    assert fill("{{ sample.output_tools[0].function.arguments.city }}", sample) == "Köln"


def test_what_is_filled_in_is_not_looked_through_again():
    sample = sample_of_answer("{{ item.answer }}")
    assert fill("{{ sample.output_text }}!", sample) == "{{ item.answer }}!"


def test_output_json_is_the_text_as_json():
    sample = sample_of_answer('{"total": 7, "list": ["ä"]}')
    assert fill("{{ sample.output_json.total }}{{ sample.output_json.list[0] }}", sample) == "7ä"


def test_output_json_of_a_sample_that_is_no_json_is_an_error_of_the_sample():
    with pytest.raises(GradingError) as raised:
        fill("{{ sample.output_json.total }}", sample_of_answer("seven"))
    assert raised.value.errors.sample_parse_error
    assert not raised.value.errors.invalid_variable_error


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("{{ item.typo }}", "item.typo"),
        ("{{ item.facts[2].text }}", "item.facts[2]"),
        ("{{ item.facts.first }}", "item.facts.first"),
        ("{{ item.answer.deeper }}", "item.answer.deeper"),
        ("{{ item.count.deeper }}", "item.count.deeper"),
        ("{{ sample.output_audio }}", "sample.output_audio"),
        ("{{ item.facts." + "9" * 5000 + " }}", "item.facts.999"),
    ],
)
def test_a_variable_without_a_value_is_named(template: str, missing: str):
    with pytest.raises(GradingError) as raised:
        fill(template)
    assert raised.value.errors.invalid_variable_error
    assert missing in raised.value.message


@pytest.mark.parametrize(
    "template",
    [
        "{{ itme.x }}",
        "{{ item.x",
        "{{ item.x | upper }}",
        "{{ item..x }}",
        "{{}}",
        "{{ 7 * 7 }}",
        '{"a": {{1}}}',
    ],
)
def test_a_place_that_is_no_variable_is_refused_where_it_stands(template: str):
    with pytest.raises(InvalidRequestError) as raised:
        read_template(template, param="grader.input")
    assert raised.value.param == "grader.input"
    assert "{{ item.answer }}" in raised.value.message


def test_a_template_tells_its_variables():
    template = read_template("{{ item.a[0] }} {{ sample.output_text }}", param="p")
    assert template.variables == (Variable("item", ("a", 0)), Variable("sample", ("output_text",)))


def test_a_template_cannot_be_blown_up():
    with pytest.raises(GradingError) as raised:
        fill("{{ item.long }}" * 20, item={"long": "x" * 2**20})
    assert raised.value.errors.other_error
