"""What is learned of each form of training file, as a reader sees it: between « and »."""

import json
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import pytest

from tests.unit.chat.rendering.test_own_prompts import both
from tests.unit.data.lines.test_images import DRAWN
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.images.sources import LookedAtImages
from understudy.data.report.preview import preview, read_line
from understudy.registry.catalogue import builtin_bases

USER = {"role": "user", "content": "weather?"}
ANSWER = {"role": "assistant", "content": "Sunny."}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"city": "Oslo"}'},
}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "sun"}
FUNCTION = {"name": "f"}
TOOL = {"type": "function", "function": FUNCTION}

ASKED = "<|im_start|>user\nweather?<|im_end|>\n"
TO_ANSWER = f"{ASKED}<|im_start|>assistant\n"
DECLARED = '<|im_start|>system\n<tools>\n{"name": "f"}\n</tools><|im_end|>\n'
WRITTEN = '<tool_call>\n{"name": "f", "arguments": {"city": "Oslo"}}\n</tool_call>'
SUPERVISED = {
    "a chat, its answer and the token that ends it": (
        {"messages": [{"role": "system", "content": "Be brief."}, USER, ANSWER]},
        f"<|im_start|>system\nBe brief.<|im_end|>\n{TO_ANSWER}«Sunny.<|im_end|>»\n",
    ),
    "every answer of a conversation": (
        {"messages": [USER, ANSWER, USER, ANSWER]},
        f"{TO_ANSWER}«Sunny.<|im_end|>»\n{TO_ANSWER}«Sunny.<|im_end|>»\n",
    ),
    "no answer of weight 0": (
        {"messages": [USER, ANSWER | {"weight": 0}, USER, ANSWER | {"weight": 1.0}]},
        f"{TO_ANSWER}Sunny.<|im_end|>\n{TO_ANSWER}«Sunny.<|im_end|>»\n",
    ),
    "a call and the answer to its result": (
        {"messages": [USER, CALLED, RESULT, ANSWER], "tools": [TOOL]},
        f"{DECLARED}{TO_ANSWER}«{WRITTEN}<|im_end|>»\n<|im_start|>tool\nsun<|im_end|>\n"
        "<|im_start|>assistant\n«Sunny.<|im_end|>»\n",
    ),
    "a call of the form before tools": (
        {
            "messages": [
                USER,
                {"role": "assistant", "content": None, "function_call": CALL["function"]},
            ],
            "functions": [FUNCTION],
        },
        f"{DECLARED}{TO_ANSWER}«{WRITTEN}<|im_end|>»\n",
    ),
    "a refusal": (
        {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}]},
        f"{TO_ANSWER}«No.<|im_end|>»\n",
    ),
    "a completion alone": (
        {"prompt": "Oilers lose\n\n###\n\n", "completion": " hockey"},
        "Oilers lose\n\n###\n\n« hockey»",
    ),
}


@cache
def built_in(name: str) -> ChatRenderer:
    return ChatRenderer.from_directory(builtin_bases()[name].directory)


def learned(
    line: dict[str, Any],
    renderer: ChatRenderer,
    method: Method = Method.SUPERVISED,
    *,
    splits_turns: bool = False,
) -> list[str]:
    """The rows of a line as a job reads them."""
    read = read_line([json.dumps(line).encode()], 1, method, LookedAtImages())
    shown = preview(read, renderer, splits_turns=splits_turns)
    rows = pairwise([*shown.row_starts, len(shown.tokens)])
    texts: list[str] = []
    for first, end in rows:
        text = ""
        for is_trained, tokens in groupby(shown.tokens[first:end], lambda token: token.trained):
            part = "".join(token.text for token in tokens)
            text += f"«{part}»" if is_trained else part
        texts.append(text)
    return texts


@pytest.mark.parametrize(("line", "text"), SUPERVISED.values(), ids=SUPERVISED)
def test_supervised_files_teach(line: dict[str, Any], text: str):
    assert learned(line, built_in("understudy-nano")) == [text]


def test_reasoning_is_learned_with_the_answer():
    line = {"messages": [USER, ANSWER | {"reasoning_content": "Look up."}]}
    qwen, _ = both("qwen3")
    assert learned(line, qwen) == [
        f"{TO_ANSWER}«<think>\nLook up.\n</think>\n\nSunny.<|im_end|>»\n"
    ]


def test_turns_that_are_split_teach_one_answer_each():
    thinking = ANSWER | {"reasoning_content": "Look up."}
    qwen, _ = both("qwen3")
    assert learned({"messages": [USER, thinking, USER, ANSWER]}, qwen, splits_turns=True) == [
        f"{TO_ANSWER}«<think>\nLook up.\n</think>\n\nSunny.<|im_end|>»\n",
        f"{TO_ANSWER}Sunny.<|im_end|>\n{TO_ANSWER}«<think>\n\n</think>\n\nSunny.<|im_end|>»\n",
    ]


def test_a_preference_teaches_by_both_answers_and_nothing_before_them():
    line = {
        "input": {"messages": [USER, ANSWER, USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "Wet."}],
    }
    before = f"{TO_ANSWER}Sunny.<|im_end|>\n{TO_ANSWER}"
    assert learned(line, built_in("understudy-nano"), Method.DPO) == [
        f"{before}«Sunny.<|im_end|>»\n",
        f"{before}«Wet.<|im_end|>»\n",
    ]


def test_of_a_prompt_for_rewards_no_token_is_learned():
    line = {"messages": [USER], "answer": "sunny"}
    assert learned(line, built_in("understudy-nano"), Method.REINFORCEMENT) == [ASKED]


def test_images_are_read_and_the_answer_about_them_is_learned():
    parts = [{"type": "image_url", "image_url": {"url": DRAWN}}, {"type": "text", "text": "this?"}]
    line = {"messages": [{"role": "user", "content": parts}, ANSWER]}
    (text,) = learned(line, built_in("understudy-vision-nano"))
    asked, _, answered = text.partition("this?")
    assert "«" not in asked
    assert answered == "<|im_end|>\n<|im_start|>assistant\n«Sunny.<|im_end|>»\n"
