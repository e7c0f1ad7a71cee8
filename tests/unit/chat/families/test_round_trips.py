import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.tiny import WEATHER, assistant, user
from tests.unit.chat.templates import FAMILIES, renderer_of
from understudy.chat.messages import Message, Role, ToolCall
from understudy.chat.parsing.deltas import ReasoningDelta, TextDelta, ToolCallDelta
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.errors import InvalidRequestError

ARGUMENTS = [
    '{"city": "Paris"}',
    '{"city": "Łódź, 東京", "days": 3, "exact": true, "none": null, "x": -1.5}',
    '{"where": {"city": "a}b\\"c", "at": [1, [2, {"y": "{"}]]}, "note": "line\\nbreak <b>"}',
    "{}",
]
TEXTS = ["It is sunny.", "Ça va: 東京 🌞", "a\n\nb", '{"city": 1} and <b>', "1 < 2"]
WITH_TOOLS = [name for name, family in FAMILIES.items() if family.has_tools]
WITHOUT_TOOLS = [name for name, family in FAMILIES.items() if not family.has_tools]
WITH_REASONING = [name for name, family in FAMILIES.items() if family.has_reasoning]


def tool_result(text: str) -> Message:
    return Message(role=Role.TOOL, content=text, tool_call_id="call_0", name="get_weather")


def as_written(name: str, message: Message) -> Message:
    """The message with the arguments of its calls in the order in which a family writes them."""

    def ordered(arguments: str) -> str:
        return json.dumps(json.loads(arguments), ensure_ascii=False, sort_keys=True)

    if not FAMILIES[name].sorts_keys:
        return message
    calls = (replace(call, arguments=ordered(call.arguments)) for call in message.tool_calls)
    return replace(message, tool_calls=tuple(calls))


def trained_turns(example: RenderedExample) -> list[list[int]]:
    turns: list[list[int]] = []
    for before, id, is_trained in zip(
        [False, *example.trained], example.ids, example.trained, strict=False
    ):
        if is_trained and not before:
            turns.append([])
        if is_trained:
            turns[-1].append(id)
    return turns


def learn(chat: ChatRenderer, messages: list[Message], *, tools: bool = False) -> RenderedExample:
    trained = [message.role is Role.ASSISTANT for message in messages]
    return chat.training_ids(messages, [WEATHER] if tools else [], trained)


def read(chat: ChatRenderer, ids: list[int], prompt: Sequence[int] = ()) -> Message:
    assert ids[-1] in chat.stop_ids
    parser = chat.answer_parser(prompt=prompt)
    deltas = [delta for id in ids[:-1] for delta in parser.feed(id)] + parser.finish()
    text = "".join(d.text for d in deltas if isinstance(d, TextDelta))
    reasoning = "".join(d.text for d in deltas if isinstance(d, ReasoningDelta))
    calls = [d for d in deltas if isinstance(d, ToolCallDelta)]
    names = [d.name for d in calls if d.name is not None]
    made = tuple(
        ToolCall(
            id=f"call_{index}",
            name=name,
            arguments="".join(d.arguments for d in calls if d.index == index),
        )
        for index, name in enumerate(names)
    )
    return Message(
        role=Role.ASSISTANT, content=text or None, reasoning=reasoning or None, tool_calls=made
    )


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("text", TEXTS)
def test_the_trained_text_is_the_answer_and_its_end(name: str, text: str):
    chat = renderer_of(name)

    (turn,) = trained_turns(learn(chat, [user("Hello?"), assistant(text)]))

    assert read(chat, turn).content == text
    written = chat.decode(turn)
    frame = dict.fromkeys(["gpt-oss", "shipped-harmony"], "<|channel|>final<|message|>")
    if name in ("qwen3", "qwen3-training"):
        frame[name] = "<think>\n\n</think>\n\n"
    assert written == frame.get(name, "") + text + FAMILIES[name].ends[0]


@pytest.mark.parametrize("name", WITH_TOOLS)
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_tool_call_is_read_back_as_it_was_written(name: str, arguments: str):
    chat = renderer_of(name)
    call = assistant(None, ("get_weather", arguments))

    turns = trained_turns(
        learn(chat, [user("x"), call, tool_result("21"), assistant("21 degrees.")], tools=True)
    )

    assert read(chat, turns[0]) == as_written(name, call)
    assert read(chat, turns[1]).content == "21 degrees."


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].has_parallel_calls])
def test_several_calls_of_one_turn_are_read_back(name: str):
    chat = renderer_of(name)
    calls = assistant(None, *(("get_weather", arguments) for arguments in ARGUMENTS))

    (turn,) = trained_turns(learn(chat, [user("x"), calls], tools=True))

    assert read(chat, turn) == as_written(name, calls)


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].has_text_beside_calls])
def test_text_before_a_call_is_read_back(name: str):
    chat = renderer_of(name)
    message = assistant("Let me see.", ("get_weather", ARGUMENTS[1]))

    (turn,) = trained_turns(learn(chat, [user("x"), message], tools=True))

    assert read(chat, turn) == message


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if FAMILIES[n].has_text_beside_calls])
def test_an_answer_behind_a_text_with_a_call_has_the_prompt_of_serving(name: str):
    chat = renderer_of(name)
    told = assistant("Let me see.", ("get_weather", "{}"))
    messages = [user("x"), told, tool_result("21"), assistant("It is 21.")]

    example = learn(chat, messages, tools=True)

    turns = trained_turns(example)
    assert [read(chat, turn) for turn in turns] == [told, messages[-1]]
    prompt = chat.prompt_ids(messages[:3], [WEATHER])
    assert [*prompt, *turns[1]] == example.ids[: len(prompt) + len(turns[1])]


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if not FAMILIES[n].has_parallel_calls])
def test_calls_that_a_family_cannot_write_are_refused(name: str):
    calls = assistant(None, ("get_weather", "{}"), ("get_weather", "{}"))

    with pytest.raises(InvalidRequestError, match=r"refuses|message 1"):
        learn(renderer_of(name), [user("x"), calls], tools=True)


@pytest.mark.parametrize("name", [n for n in WITH_TOOLS if not FAMILIES[n].has_text_beside_calls])
def test_text_that_a_family_drops_beside_a_call_is_refused(name: str):
    message = assistant("Let me see.", ("get_weather", "{}"))

    with pytest.raises(InvalidRequestError, match=r"refuses|what message 1 says"):
        learn(renderer_of(name), [user("x"), message], tools=True)


@pytest.mark.parametrize("name", WITHOUT_TOOLS)
def test_a_family_without_tool_calls_refuses_them(name: str):
    chat = renderer_of(name)

    assert not chat.has_tool_calls
    with pytest.raises(InvalidRequestError, match="tool calls"):
        chat.prompt_ids([user("x")], [WEATHER])
    with pytest.raises(InvalidRequestError, match="tool calls"):
        chat.prompt_ids([user("x"), assistant(None, ("f", "{}")), tool_result("y")])


def test_a_template_that_shows_no_tools_refuses_them():
    chat = renderer_of("deepseek-r1")

    assert not chat.has_tool_calls
    with pytest.raises(InvalidRequestError, match="does not show the model which tools") as refused:
        chat.prompt_ids([user("x")], [WEATHER])
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "tools")


@pytest.mark.parametrize("name", WITH_REASONING)
def test_reasoning_is_read_back_apart_from_the_text(name: str):
    chat = renderer_of(name)
    message = Message(role=Role.ASSISTANT, content="Four.", reasoning="2 + 2\n\nis 4")

    (turn,) = trained_turns(learn(chat, [user("x"), message]))

    assert read(chat, turn) == message


@pytest.mark.parametrize("name", ["llama3.2", "gemma3", "phi4"])
def test_reasoning_is_refused_where_there_is_no_place_for_it(name: str):
    message = Message(role=Role.ASSISTANT, content="Four.", reasoning="2 + 2 is 4")

    with pytest.raises(InvalidRequestError, match="reasoning"):
        learn(renderer_of(name), [user("x"), message])


@pytest.mark.parametrize("name", FAMILIES)
def test_the_prompt_of_every_answer_begins_the_trained_ids(name: str):
    chat = renderer_of(name)
    has_tools = FAMILIES[name].has_tools
    messages = [user("One?"), assistant("One."), user("\nTwo? "), assistant("Two."), user("x")]
    if has_tools:
        messages += [assistant(None, ("get_weather", ARGUMENTS[2])), tool_result("21")]
    messages += [assistant("End.")]
    # Harmony ends an answer with another token where the conversation goes on.
    learned = [m.role is Role.ASSISTANT for m in messages]
    if name == "gpt-oss":
        learned[1] = learned[3] = False

    example = chat.training_ids(messages, [WEATHER] if has_tools else [], learned)

    starts = [
        at
        for at, (before, now) in enumerate(
            zip([False, *example.trained], example.trained, strict=False)
        )
        if now and not before
    ]
    turns = [index for index, is_learned in enumerate(learned) if is_learned]
    assert len(starts) == len(turns)
    for start, turn in zip(starts, turns, strict=True):
        prompt = chat.prompt_ids(messages[:turn], [WEATHER] if has_tools else [])
        assert example.ids[:start] == prompt


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_a_turn_before_silent_messages_is_learned_to_its_own_end(name: str):
    chat = renderer_of(name)
    call = assistant(None, ("get_weather", "{}"))
    messages = [user("a"), call, tool_result(""), call, tool_result(""), call]

    example = chat.training_ids(messages, [WEATHER], [False, True, False, False, False, False])

    (turn,) = trained_turns(example)
    assert read(chat, turn) == call


def test_a_turn_that_harmony_ends_otherwise_when_the_talk_goes_on_is_refused():
    messages = [user("a"), assistant("b"), user("c"), assistant("d")]

    with pytest.raises(InvalidRequestError, match="ends message 1 without"):
        learn(renderer_of("gpt-oss"), messages)


def test_reasoning_that_a_template_strips_from_earlier_turns_is_refused_not_dropped():
    thought = Message(role=Role.ASSISTANT, content="b", reasoning="thinking")

    with pytest.raises(InvalidRequestError, match="what message 1 says"):
        learn(renderer_of("qwen3"), [user("a"), thought, user("c"), assistant("d")])


def test_a_prompt_that_shows_reasoning_later_stripped_is_refused():
    thought = Message(
        role=Role.ASSISTANT,
        reasoning="thinking",
        tool_calls=(ToolCall(id="call_0", name="get_weather", arguments="{}"),),
    )
    messages = [user("a"), thought, tool_result("21"), assistant("b"), user("c"), assistant("d")]
    learned = [False, False, False, True, False, True]

    with pytest.raises(InvalidRequestError, match="earlier turns when message 3"):
        renderer_of("qwen3").training_ids(messages, [WEATHER], learned)
    last = renderer_of("qwen3").training_ids(messages, [WEATHER], [False] * 5 + [True])
    assert len(trained_turns(last)) == 1


@pytest.mark.parametrize("name", FAMILIES)
def test_special_tokens_that_are_typed_stay_letters(name: str):
    chat = renderer_of(name)
    family = FAMILIES[name]
    typed = " ".join(family.tokens)

    plain = chat.prompt_ids([user("x")])
    with_typed = chat.prompt_ids([user(f"a {typed} b")])

    tokens = set(range(len(family.tokens)))
    assert [id for id in with_typed if id in tokens] == [id for id in plain if id in tokens]
    assert typed in chat.decode(with_typed)


@pytest.mark.parametrize("name", [n for n, family in FAMILIES.items() if family.bos])
def test_a_conversation_begins_once(name: str):
    chat = renderer_of(name)

    ids = learn(chat, [user("a"), assistant("b"), user("c"), assistant("d")]).ids

    assert chat.decode(ids[:1]) == FAMILIES[name].bos
    assert chat.decode(ids).count(FAMILIES[name].bos) == 1


def test_mistral_gets_ids_of_the_form_its_template_demands():
    chat = renderer_of("mistral-list")
    call = assistant(None, ("get_weather", "{}"))

    (turn,) = trained_turns(learn(chat, [user("x"), call], tools=True))

    assert len(json.loads(chat.decode(turn[1:-1]))[0]["id"]) == 9
