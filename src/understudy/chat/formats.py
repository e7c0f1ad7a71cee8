"""How model families write tool calls and reasoning, told apart by their chat templates."""

from dataclasses import dataclass
from enum import Enum, auto

from understudy.chat.parameters import ParameterForm
from understudy.chat.scanning import Head, Part


@dataclass(frozen=True, kw_only=True)
class CallForm:
    """How one family writes tool calls between its texts."""

    opening: str
    """What begins a call, or a list of calls; empty where a call is the answer's beginning."""
    head: Head
    """What stands between the opening and the arguments."""
    next_head: Head = ()
    """The same for the second and later calls of a list; empty where calls are no list."""
    has_outer_object: bool = True
    """Whether the arguments are a value inside an object of the call."""
    closing: str = ""
    """What ends a call, or a list of calls."""
    text_break: str = "\n"
    """What stands between a text and the call behind it, and belongs to neither."""
    parameters: ParameterForm | None = None
    """How arguments are written that are not JSON."""


_NAMED: Head = ('"name"', ":", Part.QUOTED_NAME, ",")
_OBJECT: Head = ("{", *_NAMED, '"arguments"', ":", Part.OBJECT)

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
        Part.OBJECT,
    ),
)
"""`{"name": …, "parameters": {…}}`, one a turn and nothing beside it: Llama 3."""
MISTRAL_LIST = CallForm(opening="[TOOL_CALLS]", head=("[", *_OBJECT), next_head=_OBJECT)
"""`[TOOL_CALLS][{"name": …, "arguments": {…}}, …]`: Mistral up to 2024."""
MISTRAL_ARGS = CallForm(
    opening="[TOOL_CALLS]",
    head=(Part.BARE_NAME, "[ARGS]", Part.OBJECT),
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

FUNCTION_TAGS = CallForm(
    opening="<tool_call>",
    head=("<function=", Part.BARE_NAME, ">", Part.TAG),
    has_outer_object=False,
    closing="</tool_call>",
    text_break="\n\n",
    parameters=ParameterForm(opening="<parameter=", between=">\n", closing="\n</parameter>"),
)
"""`<tool_call><function=name><parameter=key>value</parameter>…</function></tool_call>`: Qwen 3
Coder and Qwen 3.5."""
ARGUMENT_TAGS = CallForm(
    opening="<tool_call>",
    head=(Part.BARE_NAME, Part.TAG),
    has_outer_object=False,
    closing="</tool_call>",
    parameters=ParameterForm(
        opening="<arg_key>", between="</arg_key>\n<arg_value>", closing="</arg_value>"
    ),
)
"""`<tool_call>name<arg_key>key</arg_key><arg_value>value</arg_value>…</tool_call>`: GLM 4.5."""


class Reasoning(Enum):
    """Where a template takes what an assistant thought before it answered."""

    NOWHERE = auto()
    IN_FIELDS = auto()
    """In fields of the message, `reasoning_content` or `thinking`."""
    IN_CONTENT = auto()
    """Between `<think>` and `</think>` at the beginning of the content."""


@dataclass(frozen=True, kw_only=True)
class AnswerForm:
    """What the answers of one model look like."""

    calls: CallForm | None = None
    """How tool calls are written; None for models that have none, and for harmony."""
    is_harmony: bool = False
    """Whether answers are messages in channels, as gpt-oss writes them."""
    reasoning: Reasoning = Reasoning.NOWHERE
    begins_with_reasoning: bool = False
    """Whether the prompt itself opens the reasoning."""


def answer_form(template: str, header: str, *, has_think_token: bool) -> AnswerForm:
    """Return the form that belongs to a chat template whose prompts end with `header`."""
    if "<|channel|>" in template and "<|message|>" in template:
        return AnswerForm(is_harmony=True, reasoning=Reasoning.IN_FIELDS)
    reasoning = Reasoning.NOWHERE
    if has_think_token or "<think>" in template:
        is_field = "reasoning_content" in template
        reasoning = Reasoning.IN_FIELDS if is_field else Reasoning.IN_CONTENT
    return AnswerForm(
        calls=_call_form(template),
        reasoning=reasoning,
        begins_with_reasoning=header.rstrip().endswith("<think>"),
    )


def _call_form(template: str) -> CallForm | None:
    if "[TOOL_CALLS]" in template:
        return MISTRAL_ARGS if "[ARGS]" in template else MISTRAL_LIST
    if "<|tool_call|>" in template:
        return PHI_LIST
    if "<tool_call>" in template and "<function=" in template:
        return FUNCTION_TAGS
    if "<tool_call>" in template and "<arg_key>" in template:
        return ARGUMENT_TAGS
    if "<tool_call>" in template:
        return HERMES
    if "<|start_header_id|>" in template and '"parameters"' in template:
        return LLAMA
    return None
