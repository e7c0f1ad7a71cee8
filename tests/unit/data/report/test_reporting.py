import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.unit.data import mutation
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.images.sources import LookedAtImages, text_only
from understudy.data.report.control_tokens import special_tokens
from understudy.data.report.examples import read_file
from understudy.data.report.preview import FileLine, preview
from understudy.data.report.report import Report
from understudy.data.report.reporting import ReportModel, make_report
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import builtin_bases

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture(scope="module")
def nano() -> ReportModel:
    directory: Path = builtin_bases()["understudy-nano"].directory
    renderer = ChatRenderer.from_directory(directory)
    return ReportModel(
        name="understudy-nano",
        base="understudy-nano",
        renderer=renderer,
        special_tokens=special_tokens(renderer.vocabulary),
        tokens_per_second=100.0,
    )


def chat(user: str, answer: str, system: str | None = None, **more: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    first = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": first + messages, **more}


def call(name: str, arguments: str, *tools: object) -> dict[str, Any]:
    made = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {
        "messages": [
            {"role": "user", "content": f"call {name} with {arguments}"},
            {"role": "assistant", "tool_calls": [made]},
        ],
        "tools": list(tools),
    }


WORDS = [
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


def different(count: int) -> list[dict[str, Any]]:
    """Examples that have little in common."""
    return [
        chat(f"{WORDS[i % 12]} {WORDS[i // 12]} number {i}", f"{WORDS[-i % 12]} {i * i}")
        for i in range(count)
    ]


def parsed(lines: list[dict[str, Any]], method: Method = Method.SUPERVISED):
    return read_file((json.dumps(line).encode() + b"\n" for line in lines), method)


def report(
    model: ReportModel, lines: list[dict[str, Any]], validation: list[dict[str, Any]] | None = None
) -> Report:
    return make_report(parsed(lines), None if validation is None else parsed(validation), model)


def codes(found: Report) -> list[str]:
    return [advice.code for advice in found.advice]


def test_a_good_file_is_clean_and_says_so(nano: ReportModel):
    found = report(nano, different(60), different(70)[60:])
    assert found.is_clean
    assert (found.examples, found.turns, found.errors, found.verdict) == (60, 120, (), None)
    assert found.duplicates.exact.groups == 0
    assert found.validation is not None
    assert found.validation.examples == 10
    assert codes(found) == ["measure_more_data"]


def test_tokens_are_those_of_the_renderer(nano: ReportModel):
    examples = different(12)
    found = report(nano, examples).tokens
    rendered = [
        nano.renderer.training_ids(e.messages, e.tools, e.trained)
        for e in parsed(examples).examples
    ]
    assert found.total.total == sum(len(r.ids) for r in rendered) == found.kept_tokens
    assert found.trained.total == sum(sum(r.trained) for r in rendered)
    assert found.total.max == max(len(r.ids) for r in rendered)


def test_the_job_is_the_one_that_auto_would_run(nano: ReportModel):
    found = report(nano, different(101))
    assert found.job is not None
    assert (found.job.epochs, found.job.batch_size, found.job.steps) == (3, 1, 303)
    assert found.job.tokens == 3 * found.tokens.total.total
    assert found.job.seconds == pytest.approx(found.job.tokens / 100, abs=0.1)


def test_nine_examples_are_too_few(nano: ReportModel):
    found = report(nano, different(9))
    assert not found.is_clean
    assert found.verdict is not None
    assert found.verdict.code == "invalid_n_examples"
    assert found.advice[0].text.startswith("A job needs at least 10 examples")
    assert codes(found) == ["too_few_examples", "start_with_fifty", "no_validation_file"]


def test_what_is_longer_than_the_context_is_counted(nano: ReportModel):
    lost = chat("word " * 3000, "never seen")
    half = chat("short", "word " * 3000)
    found = report(nano, [*different(10), lost, half]).tokens
    assert found.cut.examples.first == (11, 12)
    assert found.nothing_to_learn.first == (11,)
    assert found.kept_examples == 11
    assert found.cut.tokens == found.total.total - found.kept_tokens - nano.renderer.context_length
    assert 0 < found.cut.trained_tokens < found.trained.total


def test_a_file_of_which_nothing_can_be_learned_is_not_clean(nano: ReportModel):
    found = report(nano, [chat("word " * 3000, f"answer {i}") for i in range(10)])
    assert found.verdict is not None
    assert found.verdict.code == "invalid_training_file"
    assert found.job is None


def test_errors_stand_with_their_lines_beside_what_could_be_read(nano: ReportModel):
    found = report(nano, [*different(10), {"messages": []}, chat("a", "b", extra=1)])
    assert [(e.line, e.field, e.check) for e in found.errors] == [
        (11, "messages", "missing_messages_list"),
        (12, "extra", None),
    ]
    assert found.examples == 10
    assert not found.is_clean


def test_duplicates_of_every_kind(nano: ReportModel):
    text = "please tell me how the weather will be in the city of Lisbon on the coming Monday"
    lines = [
        *different(10),
        chat(text, "sunny"), chat(text, "sunny"), chat(text + " ok", "sunny"), chat(text, "rain"),
    ]  # fmt: skip
    found = report(nano, lines).duplicates
    assert found.exact.first == ((11, 12),)
    assert found.near.first == ((11, 13),)
    assert found.same_prompt.first == ((11, 12, 14),)


def test_ids_of_calls_do_not_hide_a_duplicate(nano: ReportModel):
    one, other = call("get_weather", "{}", WEATHER), call("get_weather", "{}", WEATHER)
    other["messages"][1]["tool_calls"][0]["id"] = "call_2"
    assert report(nano, [*different(10), one, other]).duplicates.exact.first == ((11, 12),)


def test_a_validation_file_that_repeats_the_training_file(nano: ReportModel):
    training = different(20)
    long = "the very long question about all the things that we have seen on our way to the sea"
    training.append(chat(long, "yes"))
    validation = [
        training[4],
        chat(training[5]["messages"][0]["content"], "else"),
        chat(long + " x", "yes"),
    ]
    found = report(nano, training, validation)
    assert found.validation is not None
    leakage = found.validation.leakage
    assert leakage.exact.first == (1,)
    assert leakage.same_prompt.first == (1, 2)
    assert 3 in leakage.near.first
    assert "validation_repeats" in codes(found)


def test_calls_that_do_not_fit_their_tools(nano: ReportModel):
    lines = [
        *different(10),
        call("get_weather", '{"city": "Rome"}', WEATHER),
        call("get_time", "{}", WEATHER),
        call("get_weather", '{"city": 3}', WEATHER),
        call("get_weather", '{"country": "IT", "city": "Rome"}', WEATHER),
    ]
    found = report(nano, lines).tools
    assert (found.examples_with_tools, found.distinct, found.calls) == (4, 1, 4)
    assert found.undeclared.first == (12,)
    assert found.schema_breaks.first == (13,)
    assert found.unheld.first == (14,)
    *known, (line, message) = [(n.line, n.message) for n in found.notes]
    assert known == [
        (12, "calls get_time, which it does not declare"),
        (13, "arguments of get_weather: city must be of type string"),
    ]
    assert line == 14
    assert "mismatch after" in message


def test_special_tokens_in_texts(nano: ReportModel):
    found = report(nano, [*different(10), chat("<|im_start|>user hi<|im_end|><|im_end|>", "hi")])
    assert found.special_tokens.lines.first == (11,)
    assert [(t.token, t.occurrences) for t in found.special_tokens.tokens] == [
        ("<|im_end|>", 2),
        ("<|im_start|>", 1),
    ]


def test_system_prompts_are_counted(nano: ReportModel):
    lines = [*different(3), *[chat(f"q{i}", "a", system="Be brief.") for i in range(7)]]
    found = report(nano, lines)
    assert (found.system_prompts.distinct, found.system_prompts.examples_without) == (1, 3)
    assert found.system_prompts.most_frequent[0].text == "Be brief."
    assert found.system_prompts.without.first == (1, 2, 3)
    assert "mixed_system_prompts" in codes(found)


def test_the_report_is_json_and_the_same_every_time(nano: ReportModel):
    lines = [*different(30), call("f", "{}"), chat("mail a@b.org", "I can't help with that.")]
    first, second = (json.dumps(report(nano, lines, lines).to_json()) for _ in range(2))
    assert first == second
    assert json.loads(first)["refusals"]["lines"] == {"count": 1, "first": [32]}


def test_the_work_can_be_ended_in_between(nano: ReportModel):
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        make_report(parsed(different(10)), None, nano, stop)


def test_an_empty_file_has_a_report_too(nano: ReportModel):
    found = report(nano, [])
    assert (found.examples, found.job, found.labels) == (0, None, ())
    assert not found.is_clean


def pair(question: str, better: str, worse: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    }


def test_pairs_of_answers_are_compared(nano: ReportModel):
    lines = [pair(f"{WORDS[i]} {i}", f"a better answer {i}", f"no {i}") for i in range(10)]
    lines += [pair("same", "equal", "equal"), pair("short is good", "ok", "well, maybe it is")]
    found = make_report(parsed(lines, Method.DPO), None, nano)
    assert found.is_clean
    assert (found.method, found.examples) == ("dpo", 12)
    pairs = found.preferences
    assert pairs is not None
    assert pairs.same_answer.first == (11,)
    assert pairs.preferred_longer.first == tuple(range(1, 11))
    assert pairs.preferred == found.tokens.trained
    assert found.job is not None
    both = found.tokens.total.total * 2 - pairs.preferred.total + pairs.non_preferred.total
    assert found.job.tokens == both * found.job.epochs
    assert {"same_answer_twice", "longer_preferred"} <= set(codes(found))


def test_a_file_for_another_method_is_not_clean(nano: ReportModel):
    chats = make_report(parsed(different(12), Method.DPO), None, nano)
    assert chats.verdict is not None
    assert "is not using 'supervised' as the training method (provided method=dpo)" in (
        chats.verdict.message
    )
    pairs = report(nano, [pair("a", "b", "c")] * 12)
    assert pairs.verdict is not None
    assert "is not using 'dpo' as the training method" in pairs.verdict.message


def test_prompts_for_reinforcement_have_no_answers(nano: ReportModel):
    lines = [
        {"messages": [{"role": "user", "content": f"{WORDS[i]} {i}"}], "reference_answer": i}
        for i in range(12)
    ]
    lines.append(lines[0] | {"reference_answer": 99})
    found = make_report(parsed(lines, Method.REINFORCEMENT), None, nano)
    assert found.is_clean
    assert (found.method, found.examples) == ("reinforcement", 13)
    assert found.job is not None
    assert (found.job.steps, found.job.tokens, found.job.answers) == (100, None, 13 * 50 * 8)
    assert [(value.name, value.kinds) for value in found.graded_values] == [
        ("reference_answer", ("number",))
    ]
    assert "needs_validation" in codes(found)
    assert found.tokens.trained.total == 0
    assert found.tokens.nothing_to_learn.count == 0
    assert found.duplicates.exact.first == ((1, 13),)
    assert found.duplicates.same_prompt.groups == 0


def test_images_are_an_error_of_their_line(nano: ReportModel):
    lines = [{"messages": [{"role": "user", "content": f"{WORDS[i]} {i}"}]} for i in range(12)]
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    lines[4] = {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, image]}]}
    found = make_report(parsed(lines, Method.REINFORCEMENT), None, nano)
    assert [error.line for error in found.errors] == [5]
    assert "learned from in supervised files only" in found.errors[0].message
    assert found.verdict is not None


@pytest.mark.parametrize("method", list(Method))
def test_no_spoiled_file_is_without_a_report(nano: ReportModel, method: Method):
    lines = mutation.real_lines(method.value)
    for seed in range(60):
        chance = random.Random(seed)
        rows = [
            chance.choice(lines) if chance.random() < 0.4 else mutation.spoiled(line, chance)
            for line in chance.choices(lines, k=12)
        ]
        files = [read_file([b"\n".join(part)], method) for part in (rows, rows[::2])]
        found = make_report(files[0], files[1], nano)
        assert found.is_clean or found.verdict is not None or found.validation is not None
        assert {error.line for error in found.errors} <= set(range(1, 13))
        json.dumps(found.to_json(), allow_nan=False)
        for example in files[0].examples[:2]:
            with contextlib.suppress(InvalidRequestError):
                preview(FileLine(example, None), nano.renderer)


def test_images_that_a_job_fetches_are_counted_and_their_tokens_are_not(nano: ReportModel):
    linked = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    shown = [
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": word}, linked]},
                {"role": "assistant", "content": f"{word} {word}"},
            ]
        }
        for word in WORDS[:10]
    ]
    lines = b"\n".join(json.dumps(line).encode() for line in [*shown, *different(10)])

    found = make_report(read_file([lines], Method.SUPERVISED, LookedAtImages()), None, nano)
    assert found.is_clean
    assert found.images.images == 10
    assert found.images.examples.first == found.images.unseen.first == tuple(range(1, 11))
    assert found.tokens.kept_examples == 10
    only = b"\n".join(json.dumps(line).encode() for line in shown)
    alone = make_report(read_file([only], Method.SUPERVISED, LookedAtImages()), None, nano)
    assert alone.verdict is None

    found = make_report(read_file([lines], Method.SUPERVISED, text_only("b")), None, nano)
    assert len(found.errors) == 10
    assert "the base model b reads no images" in found.errors[0].message


def test_lines_left_out_for_their_images_are_named(nano: ReportModel):
    lines = [{"messages": [{"role": "user", "content": f"{WORDS[i]} {i}"}]} for i in range(12)]
    broken = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    lines[6] = {"messages": [{"role": "user", "content": [broken]}]}
    found = make_report(parsed(lines, Method.REINFORCEMENT), None, nano)
    assert [error.line for error in found.skipped] == [7]
    assert found.is_clean
    assert found.examples == 11


def test_prompts_that_graders_cannot_grade_or_no_answer_fits_are_named(nano: ReportModel):
    lines = [
        {"messages": [{"role": "user", "content": f"{WORDS[i]} {i}"}], "answer": "a"}
        for i in range(12)
    ]
    lines[3] = {"messages": lines[3]["messages"], "answer": 3, "hint": [1]}
    lines[5] = {"messages": [{"role": "user", "content": "word " * 3000}], "answer": None}
    del lines[7]["answer"]

    found = make_report(parsed(lines, Method.REINFORCEMENT), None, nano)

    answer, hint = found.graded_values
    assert (answer.kinds, answer.missing.first) == (("null", "number", "string"), (8,))
    assert (hint.kinds, hint.missing.count) == (("array",), 11)
    assert [error.line for error in found.errors] == [6]
    assert "leaves no room for an answer" in found.errors[0].message
    missing = [advice for advice in found.advice if advice.code == "missing_graded_value"]
    assert [advice.parameters["name"] for advice in missing] == ["answer"]
    assert "item.answer" in missing[0].text


def test_a_validation_file_of_prompts_has_at_most_a_thousand(nano: ReportModel):
    lines = [
        {"messages": [{"role": "user", "content": f"{i} {i}"}], "answer": i} for i in range(1001)
    ]
    file = parsed(lines, Method.REINFORCEMENT)

    found = make_report(file, file, nano)

    assert found.verdict is None
    assert found.validation is not None
    assert found.validation.verdict is not None
    assert found.validation.verdict.code == "invalid_n_examples"
