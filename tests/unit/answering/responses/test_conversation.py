"""Items become turns: what an assistant thinks, says and calls at once is one of them."""

import re
from pathlib import Path

from understudy.answering.responses.conversation import ASKED_FOR_SUMMARY, conversation_of
from understudy.answering.responses.input import InputContext, input_items
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.answering.responses.stored_items import chat_messages
from understudy.chat.messages import Message, Role, ToolCall
from understudy.schemas.responses.request import InputItem

ROOT = Path(__file__).parents[4]
USER = {"role": "user", "content": "hi"}
SAID = {"role": "assistant", "content": "Let me see. "}
THOUGHT = {
    "type": "reasoning",
    "summary": [],
    "content": [{"type": "reasoning_text", "text": "hmm"}],
}


def call(id: str) -> dict:
    return {"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"}


def result(id: str) -> dict:
    return {"type": "function_call_output", "call_id": id, "output": f"of {id}"}


def turns(*items: dict) -> tuple[Message, ...]:
    background = InputContext(stored={}, seal=ReasoningSeal(b"pepper", "proj_1"))
    read = input_items([InputItem.model_validate(item) for item in items], background)
    return conversation_of(read, None)


def test_one_turn_thinks_says_and_calls():
    assert turns(USER, THOUGHT, SAID, call("a"), call("b"), result("b"), result("a")) == (
        Message(role=Role.USER, content="hi"),
        Message(
            role=Role.ASSISTANT,
            content="Let me see. ",
            reasoning="hmm",
            tool_calls=(
                ToolCall(id="a", name="f", arguments="{}"),
                ToolCall(id="b", name="f", arguments="{}"),
            ),
        ),
        Message(role=Role.TOOL, content="of b", tool_call_id="b"),
        Message(role=Role.TOOL, content="of a", tool_call_id="a"),
    )


def test_calls_whose_results_stand_between_are_turns_of_their_own():
    roles = [turn.role for turn in turns(call("a"), result("a"), call("b"), result("b"))]
    assert roles == [Role.ASSISTANT, Role.TOOL] * 2


def test_two_messages_of_the_assistant_are_two_turns():
    said = turns(SAID, SAID)
    assert [turn.content for turn in said] == ["Let me see. "] * 2


def test_thoughts_behind_a_message_begin_a_new_turn():
    first, second = turns(SAID, THOUGHT, SAID)
    assert (first.reasoning, second.reasoning) == (None, "hmm")


def test_what_is_said_between_calls_belongs_to_their_turn():
    turn = turns(SAID, call("a"), SAID, result("a"))[0]
    assert turn.content == "Let me see. " * 2


def test_a_result_of_parts_is_their_text():
    parts = [{"type": "input_text", "text": "x"}, {"type": "input_text", "text": "y"}]
    *_, answer = turns(call("a"), result("a") | {"output": parts})
    assert answer.content == "xy"


def test_a_compacted_conversation_reads_the_same_where_chats_have_it():
    sealed = ReasoningSeal(b"pepper", "proj_1").close("Both said hi.")
    item = {"type": "compaction", "encrypted_content": sealed, "content": "Both said hi."}
    asked, summary, user = turns(item, USER)
    assert (asked.role, summary.role, user.content) == (Role.USER, Role.ASSISTANT, "hi")
    assert summary.content == "Both said hi."
    assert chat_messages([item, USER]) == [
        {"role": "user", "content": asked.content},
        {"role": "assistant", "content": "Both said hi."},
        USER,
    ]


def test_the_dashboard_writes_a_compacted_conversation_as_the_model_read_it():
    source = (ROOT / "dashboard" / "src" / "lib" / "logs.ts").read_text()
    (written,) = re.findall(r"ASKED_FOR_SUMMARY =(.*?);", source, re.DOTALL)
    assert "".join(re.findall(r'"(.*?)"', written)) == ASKED_FOR_SUMMARY
