"""How model families write tool calls."""

import re
from dataclasses import dataclass

from understudy.chat.parsing.keyword_values import KeywordForm
from understudy.chat.parsing.parameters import ParameterForm
from understudy.chat.parsing.quoted_values import QuotedForm
from understudy.chat.parsing.scanning import Head, HeadPart


@dataclass(frozen=True, kw_only=True)
class CallForm:
    """How one family writes tool calls between its texts."""

    opening: str
    """What begins a call, or a list of calls; empty where a call is the answer's beginning."""
    head: Head
    """What stands between the opening and the arguments."""
    has_outer_object: bool = True
    """Whether the arguments are a value inside an object of the call."""
    after_call: str = ""
    """What ends each call of a list, after its object."""
    next_opening: str = ","
    """What begins the second and later calls of a list."""
    next_head: Head = ()
    """Their head; empty where calls are no list."""
    closing: str = ""
    """What ends a call, or a list of calls."""
    text_break: str = "\n"
    """What stands between a text and the call after it, and belongs to neither."""
    arguments: ParameterForm | QuotedForm | KeywordForm | None = None
    """How arguments are written that are not JSON."""


_NAMED: Head = ('"name"', ":", HeadPart.QUOTED_NAME, ",")
_OBJECT: Head = ("{", *_NAMED, '"arguments"', ":", HeadPart.OBJECT)

HERMES = CallForm(opening="<tool_call>", head=_OBJECT, closing="</tool_call>")
"""`<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Qwen 2.5 and 3, SmolLM3, built-in."""
LLAMA = CallForm(
    opening="",
    head=(
        ("<|python_tag|>", ""),
        "{",
        *_NAMED,
        ('"parameters"', '"arguments"'),
        ":",
        HeadPart.OBJECT,
    ),
)
"""`{"name": …, "parameters": {…}}`, one a turn and nothing beside it: Llama 3."""
MISTRAL_LIST = CallForm(
    opening="[TOOL_CALLS]", head=("[", *_OBJECT), next_head=_OBJECT, closing="]"
)
"""`[TOOL_CALLS][{"name": …, "arguments": {…}}, …]`: Mistral up to 2024."""
MISTRAL_ARGS = CallForm(
    opening="[TOOL_CALLS]",
    head=(HeadPart.BARE_NAME, "[ARGS]", HeadPart.OBJECT),
    has_outer_object=False,
)
"""`[TOOL_CALLS]name[ARGS]{…}`, repeated: Mistral since 2025."""
PHI_LIST = CallForm(
    opening="<|tool_call|>",
    head=("[", *_OBJECT),
    next_head=_OBJECT,
    closing="<|/tool_call|>",
)
"""`<|tool_call|>[{"name": …, "arguments": {…}}]<|/tool_call|>`: Phi-4-mini."""

_FENCED: Head = ("function", "<｜tool▁sep｜>", HeadPart.BARE_NAME, "```json", HeadPart.OBJECT)
_SEPARATED: Head = (HeadPart.BARE_NAME, "<｜tool▁sep｜>", HeadPart.OBJECT)
_DEEPSEEK_CALL = "<｜tool▁call▁begin｜>"

DEEPSEEK_FENCED = CallForm(
    opening="<｜tool▁calls▁begin｜>",
    head=(_DEEPSEEK_CALL, *_FENCED),
    has_outer_object=False,
    after_call="<｜tool▁call▁end｜>",
    next_opening=_DEEPSEEK_CALL,
    next_head=_FENCED,
    closing="<｜tool▁calls▁end｜>",
    text_break="",
)
"""Calls as `function<｜tool▁sep｜>name`, a fence and JSON, each between marks of its own and all
between further ones: DeepSeek V3 and R1."""
DEEPSEEK_BARE = CallForm(
    opening="<｜tool▁calls▁begin｜>",
    head=(_DEEPSEEK_CALL, *_SEPARATED),
    has_outer_object=False,
    after_call="<｜tool▁call▁end｜>",
    next_opening=_DEEPSEEK_CALL,
    next_head=_SEPARATED,
    closing="<｜tool▁calls▁end｜>",
    text_break="",
)
"""The same with calls as `name<｜tool▁sep｜>{…}`: DeepSeek V3.1."""

FUNCTION_TAGS = CallForm(
    opening="<tool_call>",
    head=("<function=", HeadPart.BARE_NAME, ">", HeadPart.TAG),
    has_outer_object=False,
    closing="</tool_call>",
    text_break="\n\n",
    arguments=ParameterForm(opening="<parameter=", between=">\n", closing="\n</parameter>"),
)
"""`<tool_call><function=name><parameter=key>value</parameter>…</function></tool_call>`: Qwen 3
Coder and Qwen 3.5."""
ARGUMENT_TAGS = CallForm(
    opening="<tool_call>",
    head=(HeadPart.BARE_NAME, HeadPart.TAG),
    has_outer_object=False,
    closing="</tool_call>",
    arguments=ParameterForm(
        opening="<arg_key>", between="</arg_key>\n<arg_value>", closing="</arg_value>"
    ),
)
"""`<tool_call>name<arg_key>key</arg_key><arg_value>value</arg_value>…</tool_call>`: GLM 4.5."""
_CALLED: Head = ("call:", HeadPart.BARE_NAME, HeadPart.OBJECT)
GEMMA = CallForm(
    opening="<|tool_call>",
    head=_CALLED,
    has_outer_object=False,
    closing="<tool_call|>",
    text_break="",
    arguments=QuotedForm(quote='<|"|>'),
)
"""`<|tool_call>call:name{key:<|"|>text<|"|>,other:[1,true]}<tool_call|>`: Gemma 4."""
FUNCTION_GEMMA = CallForm(
    opening="<start_function_call>",
    head=_CALLED,
    has_outer_object=False,
    closing="<end_function_call>",
    text_break="",
    arguments=QuotedForm(quote="<escape>"),
)
"""`<start_function_call>call:name{key:<escape>text<escape>}<end_function_call>`: FunctionGemma."""
_PYTHON_CALL: Head = (HeadPart.BARE_NAME, HeadPart.BRACKET)
LFM2 = CallForm(
    opening="<|tool_call_start|>",
    head=("[", *_PYTHON_CALL),
    has_outer_object=False,
    next_head=_PYTHON_CALL,
    closing="<|tool_call_end|>",
    text_break="",
    arguments=KeywordForm(),
)
"""`<|tool_call_start|>[name(key='text', other=1), …]<|tool_call_end|>`: LFM2 and LFM2.5."""

# A fence that ends right before the mark which ends a call, however the template is put together.
_ENDS_FENCE = re.compile(r"```\W*<｜tool▁call▁end｜>")


def call_form(template: str) -> CallForm | None:
    """Return the form of the calls that a chat template writes, or None where it is not known."""
    if "[TOOL_CALLS]" in template:
        return MISTRAL_ARGS if "[ARGS]" in template else MISTRAL_LIST
    if "<|tool_call|>" in template:
        return PHI_LIST
    if "<｜tool▁calls▁begin｜>" in template:
        return DEEPSEEK_FENCED if _ENDS_FENCE.search(template) else DEEPSEEK_BARE
    if "<|tool_call>" in template:
        return GEMMA
    if "<|tool_call_start|>" in template:
        return LFM2
    if "<start_function_call>" in template:
        return FUNCTION_GEMMA
    if "<tool_call>" in template and "<function=" in template:
        return FUNCTION_TAGS
    if "<tool_call>" in template and "<arg_key>" in template:
        return ARGUMENT_TAGS
    if "<tool_call>" in template:
        return HERMES
    if "<|start_header_id|>" in template and '"parameters"' in template:
        return LLAMA
    return None
