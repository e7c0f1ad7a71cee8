"""The chat templates that are shipped: what each is for, which tokens it needs and ends with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_DIRECTORY = Path(__file__).parent / "jinja"

TOOLS = "tools"
"""The name of the base's own template with tool calls added, in the form of Hermes."""
OWN = "own"
"""The name of the template that a base came with."""
_LISTED_BY = "LISTED_BY"


@dataclass(frozen=True, kw_only=True)
class NamedTemplate:
    """A chat template that is shipped."""

    name: str
    source: str
    families: str
    """The models that it is made for, in words."""
    tokens: tuple[str, ...]
    """Special tokens that it writes, so that a vocabulary has to have them."""
    ends: tuple[str, ...]
    """Tokens that end an answer; empty where it is the tokenizer's own `eos_token`."""
    calls: str
    """How it writes tool calls, in words."""


# What stands before an answer's text, where the template has reasoning and where it has none.
_REASONED = "REASONED + "
_THOUGHT = (
    "('<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' "
    "if message.reasoning_content else '') + "
)


def _read(*files: str) -> str:
    return "".join((_DIRECTORY / f"{file}.jinja").read_text(encoding="utf-8") for file in files)


_HERMES = "in the form of Hermes (<tool_call>)"
_TEMPLATES = (
    NamedTemplate(
        name="llama3",
        source=_read("llama3"),
        families="Llama 3, 3.1, 3.2 and 3.3",
        tokens=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        ends=("<|eot_id|>",),
        calls="in Llama's own form, one a turn",
    ),
    NamedTemplate(
        name="gemma",
        source=_read("listing", "gemma"),
        families="Gemma 1, 2 and 3",
        tokens=("<start_of_turn>", "<end_of_turn>"),
        ends=("<end_of_turn>",),
        calls=_HERMES,
    ),
    NamedTemplate(
        name="mistral",
        source=_read("mistral"),
        families="Mistral and Ministral with tool tokens (7B v0.3, Nemo)",
        tokens=(
            "[INST]",
            "[/INST]",
            "[TOOL_CALLS]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
        ),
        ends=(),
        calls="in Mistral's own form ([TOOL_CALLS])",
    ),
    NamedTemplate(
        name="phi",
        source=_read("phi"),
        families="Phi-4-mini",
        tokens=(
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|end|>",
            "<|tool|>",
            "<|/tool|>",
            "<|tool_call|>",
            "<|/tool_call|>",
            "<|tool_response|>",
        ),
        ends=("<|end|>",),
        calls="in Phi's own form (<|tool_call|>)",
    ),
    NamedTemplate(
        name="phi3",
        source=_read("listing", "phi3", "turns").replace(_REASONED, ""),
        families="Phi-3 and Phi-3.5",
        tokens=("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        ends=("<|end|>",),
        calls=_HERMES,
    ),
    NamedTemplate(
        name="deepseek",
        source=_read("deepseek"),
        families="DeepSeek V3, R1 and models distilled from R1",
        tokens=(
            "<｜User｜>",
            "<｜Assistant｜>",
            "<｜end▁of▁sentence｜>",
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁calls▁end｜>",
            "<｜tool▁call▁begin｜>",
            "<｜tool▁call▁end｜>",
            "<｜tool▁outputs▁begin｜>",
            "<｜tool▁outputs▁end｜>",
            "<｜tool▁output▁begin｜>",
            "<｜tool▁output▁end｜>",
            "<｜tool▁sep｜>",
        ),
        ends=("<｜end▁of▁sentence｜>",),
        calls="in DeepSeek's own form",
    ),
    NamedTemplate(
        name="glm",
        source=_read("glm"),
        families="GLM-4.5 and later",
        tokens=(
            "[gMASK]",
            "<sop>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
            "<|endoftext|>",
        ),
        ends=("<|endoftext|>",),
        calls="in GLM's own form (<arg_key>)",
    ),
    NamedTemplate(
        name="harmony",
        source=_read("harmony"),
        families="gpt-oss, every turn with its reasoning",
        tokens=(
            "<|start|>",
            "<|end|>",
            "<|message|>",
            "<|channel|>",
            "<|return|>",
            "<|call|>",
        ),
        ends=("<|return|>", "<|call|>"),
        calls="in harmony, one a turn",
    ),
    NamedTemplate(
        name="chatml-think",
        source=_read("listing", "chatml", "turns").replace(_REASONED, _THOUGHT),
        families="Qwen3 and others with <|im_start|> that reason, every turn with its reasoning",
        tokens=("<|im_start|>", "<|im_end|>", "<think>", "</think>"),
        ends=("<|im_end|>",),
        calls=_HERMES,
    ),
    NamedTemplate(
        name="chatml-parameters",
        source=_read("parameters"),
        families="Qwen3-Coder, Qwen3.5, Qwen3.6 and Nemotron 3, every turn with its reasoning",
        tokens=("<|im_start|>", "<|im_end|>", "<think>", "</think>"),
        ends=("<|im_end|>",),
        calls="in Qwen's newer form (<parameter=…>)",
    ),
    NamedTemplate(
        name="chatml",
        source=_read("listing", "chatml", "turns").replace(_REASONED, ""),
        families="Qwen, SmolLM2 and others that write <|im_start|>",
        tokens=("<|im_start|>", "<|im_end|>"),
        ends=("<|im_end|>",),
        calls=_HERMES,
    ),
    NamedTemplate(
        name="plain",
        source=_read("listing", "plain", "turns").replace(_REASONED, ""),
        families="base models without tokens for roles",
        tokens=(),
        ends=(),
        calls=_HERMES,
    ),
)
NAMED_TEMPLATES: Mapping[str, NamedTemplate] = {entry.name: entry for entry in _TEMPLATES}
"""By name, the most particular first."""


def own_with_tools(own: str) -> tuple[str, str]:
    """Return a template with tool calls added, in two ways to try in this order.

    The first lists the tools in a system message, the second in the first message of the user,
    for templates without system messages. Without tools both write what `own` writes.
    """
    added = _read("listing", TOOLS)
    return (
        added.replace(_LISTED_BY, "'system'") + own,
        added.replace(_LISTED_BY, "'user'") + own,
    )
