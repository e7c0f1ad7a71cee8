"""Evals as configurations of promptfoo: what is said in its own words, in Python, or left out."""

import json
from typing import Any

import pytest

from tests.unit.evals.exchange.test_exchange import ASKED, CRITERION
from understudy.evals.exchange.promptfoo import ExportedRow, Promptfoo, promptfoo_config
from understudy.evals.exchange.promptfoo_texts import PortableTexts

GIVEN = {"type": "jsonl"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def row(item: dict[str, Any], text: str = "", calls: list[Any] | None = None) -> ExportedRow:
    message = {"role": "assistant", "content": text, "tool_calls": calls or []}
    choices = [{"index": 0, "message": message}]
    sample = {"output_text": text, "output_tools": calls or [], "choices": choices}
    return ExportedRow(item=item, sample=sample)


def made(criteria: list[Any], source: Any = ASKED, rows: list[ExportedRow] | None = None):
    rows = [row({"ticket": "help", "answer": "Q-1"}, "Q-2")] if rows is None else rows
    return promptfoo_config({"name": "T", "testing_criteria": criteria}, source, rows)


def asserts(found: Promptfoo) -> list[dict[str, Any]]:
    return found.config["defaultTest"]["assert"]


def as_promptfoo_runs(code: str, output: object, context: dict[str, Any]) -> Any:
    """Run an assertion the way promptfoo does: its lines are the body of a function."""
    assert not any(mark in code for mark in ("{{", "{%", "{#", "%}", "#}")), (
        "promptfoo would fill this in"
    )
    body = "def main(output, context):\n" + "".join(f"    {line}\n" for line in code.split("\n"))
    scope: dict[str, Any] = {}
    exec(body, scope)
    return scope["main"](output, context)


def test_promptfoo_gets_the_same_prompt_rows_and_checks():
    found = made([CRITERION])
    assert found.left_out == ()
    config = found.config
    assert config["providers"] == [
        {"id": "openai:chat:understudy-mini", "config": {"temperature": 0.0, "max_tokens": 9}}
    ]
    assert json.loads(config["prompts"][0]) == [
        {"role": "developer", "content": "Route tickets."},
        {"role": "user", "content": "{{ item.ticket }}"},
    ]
    assert asserts(found) == [{"type": "equals", "value": "{{ item.answer }}", "metric": "exact"}]
    assert config["tests"] == [{"vars": {"item": {"ticket": "help", "answer": "Q-1"}}}]


def test_answers_that_came_with_the_data_are_what_promptfoo_judges():
    found = made([CRITERION], GIVEN, [row({"answer": "a"}, "b"), row({"answer": ""}, "")])
    assert (found.config["providers"], found.config["prompts"]) == (
        ["echo"],
        ["{{ sample.output_text }}"],
    )
    first, second = found.config["tests"]
    assert (first["providerOutput"], "providerOutput" in second) == ("b", False)
    assert second["vars"]["sample"]["output_text"] == ""


@pytest.mark.parametrize("value", [1.0, None, {"k": 1}, ["a"], '{"k": 1}'])
def test_values_that_promptfoo_writes_otherwise_are_written_for_it(value: object):
    texts = PortableTexts([{"a": value}, {"a": "x"}])
    template = texts.template("{{ item.a }}!")
    if isinstance(value, str):
        assert template == "{{ item.a }}!"
    else:
        assert template == "{{ filled.value_1 }}!"
        assert [each["value_1"] for each in texts.filled] == [json.dumps(value), "x"]


def test_a_row_that_javascript_would_change_reaches_python_as_it_is():
    items = [{"n": 1.0}, {"n": 2**53 + 1}, {"n": [1, 0.5, "x", None, True]}]
    found = made([PYTHON], GIVEN, [row(item) for item in items])
    filled = [test["vars"].get("filled", {}).get("item") for test in found.config["tests"]]
    assert filled == ['{"n": 1.0}', '{"n": 9007199254740993}', None]


def test_paths_and_braces_are_written_in_promptfoos_language():
    texts = PortableTexts([{"a b": ["x"], "j": '{"k": "v"}'}])
    assert texts.template('{{ item["a b"][0] }} {% x {{ "{{" }}') == (
        '{{ item[\'a b\'][0] }} {{ "{%" }} x {{ "{{" }}'
    )
    assert texts.template("{{ item.j.k }}") == "{{ filled.value_1 }}"
    assert texts.filled[0] == {"value_1": "v"}


SOURCE = """\
WANTED = {"a": {"b": 1}}
TEXT = '''two
lines {{ x }} {% y %} {# z #}'''


def helper(n):
    global WANTED
    return n


def grade(sample, item):
    assert TEXT == "two\\nlines {" + "{ x }} {" + "% y %} {" + "# z #}", TEXT
    right = sample["output_text"] == item["answer"] and sample["output_json"] == item["json"]
    calls = [call["function"]["name"] for call in sample["output_tools"]]
    return helper(float(right and calls == ["f"] and len(sample["choices"]) == 1))
"""
PYTHON = {"type": "python", "name": "p", "source": SOURCE, "pass_threshold": 0.9}


@pytest.mark.parametrize("answer", ['{"x": 1}', "other"])
def test_python_graders_get_the_whole_sample(answer: str):
    item = {"answer": '{"x": 1}', "json": {"x": 1}}
    given = made([PYTHON], GIVEN, [row(item, answer, [CALL])])
    code = asserts(given)[0]["value"]
    variables = given.config["tests"][0]["vars"]
    found = as_promptfoo_runs(code, {"x": 1}, {"test": {"vars": variables}})
    assert (found["pass"], found["score"]) == ((True, 1.0) if answer != "other" else (False, 0.0))
    # Asked by promptfoo: the raw answer counts, and not what promptfoo made of it.
    choices = [{"index": 0, "message": {"content": answer, "tool_calls": [CALL]}}]
    for raw in ({"choices": choices}, json.dumps({"choices": choices})):
        context = {"test": {"vars": {"item": item}}, "providerResponse": {"raw": raw}}
        assert as_promptfoo_runs(code, [CALL], context)["pass"] is (answer != "other")


def test_what_promptfoo_measures_otherwise_is_graded_by_this_package():
    fuzzy = {
        **{"type": "text_similarity", "name": "near", "evaluation_metric": "fuzzy_match"},
        **{"input": "{{ sample.output_text }}", "reference": "{{ item.answer }}"},
    }
    part = {**CRITERION, "name": "part", "input": "{{ sample.output_json.queue }}"}
    both = {
        **{"type": "multi", "name": "both", "graders": {"a": fuzzy, "b": part}},
        "calculate_output": "(a + b) / 2",
    }
    found = made([fuzzy, part, both], GIVEN, [row({"answer": "Q-1"}, '{"queue": "Q-1"}')])
    assert (found.left_out, found.needs_understudy) == ((), True)
    context = {"test": {"vars": found.config["tests"][0]["vars"]}}
    near, same, mean = (as_promptfoo_runs(a["value"], "", context) for a in asserts(found))
    assert same == {"pass": True, "score": 1.0, "reason": "score 1"}
    assert mean["score"] == pytest.approx((near["score"] + 1) / 2)
    assert 0.3 < near["score"] < 1.0


def test_checks_of_answers_that_promptfoo_parses_are_not_left_to_it():
    source = {**ASKED, "sampling_params": {"response_format": {"type": "json_object"}}}
    assert asserts(made([CRITERION], source))[0]["type"] == "python"


def test_judges_become_rubrics():
    judge = {
        "type": "label_model",
        "name": "j",
        "model": "understudy-mini",
        "input": [{"role": "user", "content": "Is {{ sample.output_text }} kind?"}],
        "labels": ["kind", "rude"],
        "passing_labels": ["kind"],
    }
    rubric = asserts(made([judge]))[0]
    assert rubric["provider"] == "openai:chat:understudy-mini"
    assert "Is {{ output }} kind?" in json.loads(rubric["rubricPrompt"])[0]["content"]
    assert "Pass if it is kind." in rubric["value"]


def test_what_promptfoo_cannot_say_is_named_not_dropped_in_silence():
    off = {**CRITERION, "name": "off", "switched_off": "The judge is gone."}
    cosine = {
        **{"type": "text_similarity", "name": "cosine", "evaluation_metric": "cosine"},
        **{"input": "{{ sample.output_text }}", "reference": "x"},
    }
    judge = {
        **{"type": "score_model", "name": "tools", "model": "m"},
        "input": [{"role": "user", "content": "{{ sample.output_tools }}"}],
    }
    missing = {**CRITERION, "name": "missing", "reference": "{{ item.nothing }}"}
    source = {**ASKED, "sampling_params": {"text": {"format": {}}, "temperature": None}}
    found = made([off, cosine, judge, missing], source)
    assert [text.split(":")[0] for text in found.left_out] == [
        *("off", "cosine", "tools", "missing", "sampling_params.text"),
    ]
    assert asserts(found) == []
