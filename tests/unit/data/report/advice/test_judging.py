import json
import re
from pathlib import Path
from typing import Any

import pytest

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.report.advice.advice import Advice, Severity
from understudy.data.report.advice.words import WORDS
from understudy.data.report.examples import ReadFile, read_file
from understudy.data.report.reporting import ReportModel, make_report
from understudy.registry.catalogue import builtin_bases

ROOT = Path(__file__).parents[5]
THINGS = [
    "apple",
    "river",
    "stone",
    "cloud",
    "window",
    "garden",
    "silver",
    "music",
    "paper",
    "ocean",
    "candle",
    "forest",
]

Line = dict[str, Any]


@pytest.fixture(scope="module")
def nano() -> ReportModel:
    renderer = ChatRenderer.from_directory(builtin_bases()["understudy-nano"].directory)
    return ReportModel(
        name="understudy-nano",
        base="understudy-nano",
        renderer=renderer,
        special_tokens=(),
        tokens_per_second=None,
    )


def chat(user: str, answer: str, **more: object) -> Line:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    return {"messages": messages, **more}


def prose(count: int = 60) -> list[Line]:
    """Lines with which nothing is wrong."""
    return [
        chat(
            f"What do you know about {THINGS[i % 12]} and {THINGS[i // 12]} {i}?",
            f"A {THINGS[i % 12]} is found near a {THINGS[i // 12]}. That is number {i}.",
        )
        for i in range(count)
    ]


def labelled(count: int = 60) -> list[Line]:
    return [
        chat(f"{THINGS[i % 12]} {THINGS[i // 12]} {i}", ("billing", "shipping", "refund")[i % 3])
        for i in range(count)
    ]


def parsed(lines: list[Line]) -> ReadFile:
    return read_file((json.dumps(line).encode() + b"\n" for line in lines), Method.SUPERVISED)


def advised(
    model: ReportModel, lines: list[Line], validation: list[Line] | None = None
) -> dict[str, Advice]:
    """Report and return the advice by code, without what every file of some size gets."""
    other = None if validation is None else parsed(validation)
    advice = make_report(parsed(lines), other, model).advice
    usual = {"measure_more_data", "no_validation_file"}
    return {each.code: each for each in advice if each.code not in usual}


WEATHER = {"type": "function", "function": {"name": "get_weather"}}
ONE_LINE: list[tuple[str, Severity, Line]] = [
    ("empty_answers", Severity.MUST_MEND, chat("Go on?", "  ")),
    ("mojibake", Severity.MUST_MEND, chat("Wer seid ihr?", "Ein groÃŸes Haus in MÃ¼nchen.")),
    ("placeholders", Severity.LOOK_AT, chat("What is your name?", "My name is [NAME].")),
    ("empty_questions", Severity.LOOK_AT, chat("", "This answers nothing at all.")),
    (
        "no_user_turn",
        Severity.LOOK_AT,
        {"messages": [{"role": "assistant", "content": "Here I am."}]},
    ),
    (
        "cut_answers",
        Severity.LOOK_AT,
        chat("How do I reset it?", "Open the settings, choose the second tab, and click on the"),
    ),
    (
        "written_calls",
        Severity.LOOK_AT,
        chat("Weather?", '{"name": "get_weather", "arguments": {"city": "Rome"}}'),
    ),
    ("secret", Severity.MUST_MEND, chat("My key?", "It is sk-" + "a1B2" * 8 + ", keep it.")),
    ("personal_data", Severity.LOOK_AT, chat("我的手机号是13812345678", "A good number.")),
]


@pytest.mark.parametrize(("code", "severity", "line"), ONE_LINE, ids=[each[0] for each in ONE_LINE])
def test_one_bad_line_is_advised_on_by_its_number(
    nano: ReportModel, code: str, severity: Severity, line: Line
):
    found = advised(nano, [*prose(), line])
    assert list(found) == [code]
    advice = found[code]
    assert (advice.severity, advice.file) == (severity, "training")
    assert advice.lines is not None
    assert (advice.lines.count, advice.lines.first) == (1, (61,))
    assert advice.parameters["count"] == 1


def test_a_call_as_text_beside_declared_tools_must_be_mended(nano: ReportModel):
    line = chat("Weather?", 'get_weather(city="Rome")', tools=[WEATHER])
    assert advised(nano, [*prose(), line])["written_calls"].severity is Severity.MUST_MEND


def test_broken_json_is_found_among_json_and_not_among_prose(nano: ReportModel):
    lines = [chat(f"{THINGS[i % 12]} {i * i}", f'{{"number": {i}}}') for i in range(60)]
    found = advised(nano, [*lines, chat("and the last", '{"number": 7,}')])
    assert found["broken_json"].lines is not None
    assert found["broken_json"].lines.first == (61,)
    assert "broken_json" not in advised(nano, [*prose(), chat("a set?", "{1, 2,} is none.")])


def test_forty_near_duplicates_of_ninety_lines_are_no_longer_silent(nano: ReportModel):
    near = [
        chat(f"Please tell me how I can reset the password of my account{mark}", "Open the page.")
        for mark in ["", *(f" {word}" for word in ["now", "today", "please", "again"])]
    ] * 10
    different = [
        chat(line["messages"][0]["content"] + "!" * (i // 5), "Open the page.")
        for i, line in enumerate(near[:40])
    ]
    found = advised(nano, [*prose(50), *different])["near_duplicates"]
    assert found.severity is Severity.LOOK_AT
    assert found.groups is not None
    assert (found.groups.groups, found.groups.examples) == (1, 40)
    assert found.parameters["repeated"] == 39
    assert len(found.groups.first[0]) == 20


def test_one_question_with_two_labels_is_found_whatever_its_looks(nano: ReportModel):
    lines = [
        *labelled(),
        chat("Where is my order?", "shipping"),
        chat("where  is my ORDER", "refund"),
        chat("Where is my order", "Shipping "),
    ]
    found = advised(nano, lines)
    conflicts, spellings = found["label_conflicts"], found["label_spellings"]
    assert conflicts.groups is not None
    assert conflicts.groups.first == ((61, 62, 63),)
    assert spellings.groups is not None
    assert spellings.groups.first == ((63,),)
    assert spellings.parameters["examples"] == ("shipping", "Shipping ")
    assert {conflicts.severity, spellings.severity} == {Severity.MUST_MEND}


def test_a_prompt_with_two_texts_is_only_worth_a_look(nano: ReportModel):
    lines = [*prose(), chat("Tell a joke", "Knock, knock."), chat("tell a joke!", "Who is there?")]
    found = advised(nano, lines)["same_prompt"]
    assert (found.severity, found.parameters) == (Severity.LOOK_AT, {"count": 2, "groups": 1})


def test_a_validation_file_that_measures_something_else_is_advised_on(nano: ReportModel):
    training = [*labelled(), chat("Where is my order?", "shipping")]
    validation = [
        chat("where is my order", "refund"),
        chat("my cat is ill", "veterinary"),
        chat("what a bill", "Billing"),
        chat("another parcel", "shipping"),
        training[0],
    ]
    found = advised(nano, training, validation)
    lines = {code: advice.lines and advice.lines.first for code, advice in found.items()}
    assert lines == {
        "validation_other_answers": (1,),
        "validation_absent_labels": (2,),
        "validation_label_spellings": (3,),
        "validation_repeats": (5,),
    }
    assert {advice.file for advice in found.values()} == {"validation"}


def test_refusals_in_six_languages_are_counted_together(nano: ReportModel):
    declined = [
        "I'm sorry, but I can't help with that.",
        "抱歉,我无法回答这个问题。",
        "Dabei kann ich Ihnen leider nicht helfen.",
        "Lo siento, no puedo ayudarte con eso.",
        "Désolé, je ne peux pas répondre à cette question.",
        "申し訳ありませんが、お答えできません。",
    ] * 5
    lines = [chat(f"{THINGS[i % 12]} {i}", answer) for i, answer in enumerate(declined)]
    asked = [
        chat(f"payment {i * i}", "I can't find a payment; could you send the number?")
        for i in range(30)
    ]
    found = advised(nano, [*lines, *asked])["refusals"]
    assert found.lines is not None
    assert (found.lines.count, len(found.lines.first)) == (30, 20)
    assert found.parameters["percent"] == 50


def weather(city: str, example: str) -> Line:
    location = {"type": "string", "description": f"The city and country, eg. {example}"}
    parameters = {"type": "object", "properties": {"location": location}}
    function = {"name": "get_weather", "parameters": parameters}
    arguments = json.dumps({"location": city})
    called = {"name": "get_weather", "arguments": arguments}
    call = {"id": "a", "type": "function", "function": called}
    messages = [
        {"role": "user", "content": f"What is the weather in {city}?"},
        {"role": "assistant", "tool_calls": [call]},
    ]
    return {"messages": messages, "tools": [{"type": "function", "function": function}]}


CITIES = ["Rome, Italy", "Oslo, Norway", "Lima, Peru", "Cairo, Egypt"]


def test_a_description_that_names_the_answer_of_its_own_line_must_be_mended(nano: ReportModel):
    lines = [*prose(), *(weather(city, city) for city in CITIES)]
    found = advised(nano, lines)["described_answers"]
    assert found.severity is Severity.MUST_MEND
    assert found.lines is not None
    assert found.lines.first == (61, 62, 63, 64)
    assert found.parameters == {
        "count": 4,
        "parameter": "get_weather.location",
        "value": "Rome, Italy",
    }


def test_some_such_descriptions_among_others_are_to_be_looked_at(nano: ReportModel):
    others = [weather(f"{thing}, Mars", "Paris, France") for thing in THINGS]
    lines = [*prose(), *others, *(weather(city, city) for city in CITIES)]
    found = advised(nano, lines)["described_answers"]
    assert found.severity is Severity.LOOK_AT
    assert found.parameters["count"] == 4


def test_one_description_for_all_lines_gives_no_answer_away(nano: ReportModel):
    lines = [weather(city, "Rome, Italy or Oslo, Norway") for city in CITIES]
    assert "described_answers" not in advised(nano, [*prose(), *lines])
    assert "described_answers" not in advised(nano, [*prose(), *lines[:2]])


def test_a_choice_of_a_schema_is_no_example(nano: ReportModel):
    lines = [weather(city, city) for city in CITIES]
    for line, city in zip(lines, CITIES, strict=True):
        properties = line["tools"][0]["function"]["parameters"]["properties"]
        properties["location"]["enum"] = [city, "Bonn, Germany"]
    assert "described_answers" not in advised(nano, [*prose(), *lines])


def continued(end: str = "", begin: str = " ", stop: str = "") -> list[Line]:
    """Prompts and their completions, with the marks that they end and begin with."""
    return [
        {
            "prompt": f"Tell of {THINGS[i % 12]} and {THINGS[i // 12]}, {i}{end}",
            "completion": f"{begin}{THINGS[i // 12]}s are near number {i}{stop}",
        }
        for i in range(60)
    ]


def test_marks_that_prompts_and_completions_lack_are_advised(nano: ReportModel):
    assert advised(nano, continued("\n\n###\n\n", stop=" END")) == {}
    lacking = advised(nano, continued(end=":", begin=""))
    assert list(lacking) == ["no_stop_mark", "unspaced_completions"]
    assert lacking["unspaced_completions"].parameters["count"] == 60
    assert list(advised(nano, continued(stop="\n"))) == ["no_separator"]
    unasked = [{**line, "prompt": ""} for line in continued(stop=" END")]
    assert "no_separator" not in advised(nano, unasked)
    assert "empty_questions" not in advised(nano, unasked)
    # A label is asked for with as many tokens as it has.
    labels = [
        {"prompt": f"{line['prompt']}\n\n###\n\n", "completion": (" cat", " dog")[i % 2]}
        for i, line in enumerate(continued())
    ]
    assert advised(nano, labels) == {}


def test_the_most_urgent_comes_first(nano: ReportModel):
    report = make_report(parsed([*prose(), *(line for _, _, line in ONE_LINE)]), None, nano)
    severities = [list(Severity).index(advice.severity) for advice in report.advice]
    assert severities == sorted(severities)


def test_advice_changes_nothing_in_a_verdict(nano: ReportModel):
    report = make_report(parsed([*prose(), *(line for _, _, line in ONE_LINE)]), None, nano)
    assert report.is_clean
    assert report.tokens.kept_examples == 60 + len(ONE_LINE)


@pytest.mark.parametrize("code", WORDS)
def test_every_code_is_described_and_worded_in_both_languages(code: str):
    page = (ROOT / "docs" / "training_data.md").read_text()
    assert f"`{code}`" in page.partition("## What the report advises")[2]
    english = (ROOT / "dashboard" / "src" / "i18n" / "en" / "advice.ts").read_text()
    assert re.search(rf"^    {code}: \(", english, re.MULTILINE)
    chinese = ROOT / "src" / "understudy" / "sentences" / "zh" / "advice.json"
    assert f"advice.{code}" in json.loads(chinese.read_text())
