"""What a split example teaches: each learned turn once, after the prompt that is served."""

import json
from itertools import groupby

import pytest

from tests.unit.chat.templates import renderer_of
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.report.examples import read_file
from understudy.data.report.preview import FileLine, preview
from understudy.data.report.reporting import ReportModel, make_report
from understudy.data.report.token_counts import count_tokens, without_held_out
from understudy.data.training_rows import training_rows
from understudy.errors import InvalidRequestError

CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
REASONED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "<think>first thought</think>1"},
    {"role": "user", "content": "two"},
    {"role": "assistant", "content": "<think>second thought</think>2", "weight": 0},
    {"role": "user", "content": "three"},
    {"role": "assistant", "content": "3"},
]
CALLED = [
    {"role": "user", "content": "weather?"},
    {"role": "assistant", "reasoning_content": "ask the tool", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    {"role": "assistant", "content": "Sunny."},
    {"role": "user", "content": "thanks"},
    {"role": "assistant", "content": "Welcome."},
]
PLAIN = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]


def lines(*conversations: list[dict]) -> bytes:
    made = (
        {"messages": messages} | ({"tools": [TOOL]} if messages is CALLED else {})
        for messages in conversations
    )
    return b"".join(json.dumps(line).encode() + b"\n" for line in made)


def example_of(messages: list[dict]) -> ChatExample:
    return read_file([lines(messages)], Method.SUPERVISED).examples[0]


def learned(chat: ChatRenderer, ids: list[int], trained: list[bool]) -> list[str]:
    runs = groupby(zip(ids, trained, strict=True), key=lambda pair: pair[1])
    return [chat.decode([id for id, _ in run]) for is_trained, run in runs if is_trained]


@pytest.mark.parametrize("name", ["qwen3", "gpt-oss", "qwen3.5"])
@pytest.mark.parametrize("messages", [REASONED, CALLED], ids=["reasoned", "called"])
def test_each_split_row_learns_exactly_one_turn_after_its_served_prompt(
    name: str, messages: list[dict]
):
    chat, example = renderer_of(name), example_of(messages)

    rows = training_rows(example, chat, splits_turns=True)

    wanted = [at for at, is_trained in enumerate(example.trained) if is_trained]
    assert len(rows) == len(wanted) > 1
    for at, row in zip(wanted, rows, strict=True):
        prompt = chat.prompt_ids(example.messages[:at], example.tools)
        answer = row.rendered.ids[len(prompt) :]
        assert row.rendered.ids[: len(prompt)] == prompt
        assert row.rendered.trained[: len(prompt)] == [False] * len(prompt)
        stop = next(i for i, id in enumerate(answer) if id in chat.stop_ids)
        # The turn with its end, and nothing after that.
        assert row.rendered.trained[len(prompt) :] == [i <= stop for i in range(len(answer))]
        said = example.messages[at]
        text = chat.decode(answer[: stop + 1])
        assert said.content is None or said.content.split("</think>")[-1] in text
        assert all(call.name in text for call in said.tool_calls)


def test_the_turns_of_all_rows_are_the_learned_answers_each_once():
    chat = renderer_of("qwen3")
    rows = training_rows(example_of(REASONED), chat, splits_turns=True)

    turns = [learned(chat, row.rendered.ids, row.rendered.trained) for row in rows]

    first = "<think>\nfirst thought\n</think>\n\n1<|im_end|>"
    assert [len(of_row) for of_row in turns] == [1, 1]
    assert turns[0] == [first]
    assert turns[1][0].endswith("3<|im_end|>")
    # What has the weight 0 is read and never learned.
    assert "2<|im_end|>" in chat.decode(rows[1].rendered.ids)


def test_an_example_that_is_learned_whole_stays_whole():
    chat, example = renderer_of("built-in"), example_of(CALLED)
    whole = chat.training_ids(example.messages, example.tools, example.trained)
    assert [row.rendered for row in training_rows(example, chat, splits_turns=True)] == [whole]


def test_the_refusal_names_the_setting_that_helps_and_only_where_it_does():
    chat, example = renderer_of("qwen3"), example_of(REASONED)
    with pytest.raises(InvalidRequestError, match=r'"split_turns": true.*toml') as refused:
        training_rows(example, chat, splits_turns=False)
    helped = with_way_out(refused.value, chat, "qwen3")
    assert "split_turns = true" in helped.message

    never = renderer_of("deepseek-indented")
    with pytest.raises(InvalidRequestError) as refused:
        training_rows(example_of([*PLAIN, *PLAIN]), never, splits_turns=False)
    assert "split_turns" not in refused.value.message
    with pytest.raises(InvalidRequestError, match="message 1"):
        training_rows(example_of([*PLAIN, *PLAIN]), never, splits_turns=True)


def test_report_and_mask_view_count_and_show_the_rows_of_a_job():
    chat = renderer_of("qwen3")
    content = lines(REASONED, PLAIN, CALLED, *[PLAIN] * 7)
    file = read_file([content], Method.SUPERVISED)
    rows = [row for e in file.examples for row in training_rows(e, chat, splits_turns=True)]
    model = ReportModel(
        name="m",
        base="m",
        renderer=chat,
        special_tokens=(),
        tokens_per_second=None,
        splits_turns=True,
    )

    report = make_report(file, None, model)

    assert report.errors == ()
    assert (report.tokens.split.examples.first, report.tokens.split.rows) == ((1, 3), 5)
    assert any("will be split into 5, one for each" in advice.text for advice in report.advice)
    assert report.tokens.kept_examples == len(rows) == 13
    assert report.tokens.kept_tokens == sum(len(row.rendered.ids) for row in rows)
    assert report.job is not None
    assert report.job.examples == 13
    shown = preview(FileLine(file.examples[0], None), chat, splits_turns=True)
    first, second = (row.rendered for row in rows[:2])
    assert shown.row_starts == (0, len(first.ids))
    assert [token.id for token in shown.tokens] == first.ids + second.ids
    assert [token.trained for token in shown.tokens] == first.trained + second.trained


def test_held_out_lines_take_their_rows_with_them():
    file = read_file([lines(*[REASONED] * 10)], Method.SUPERVISED)
    counts = count_tokens(file.examples, renderer_of("qwen3"), lambda: None, splits_turns=True)
    assert counts.counts.kept_examples == 20
    assert without_held_out(counts.counts, 4).kept_examples == 12
