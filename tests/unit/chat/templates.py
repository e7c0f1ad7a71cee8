"""Renderers of the model families: their chat templates, and small tokenizers with their tokens."""

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.tiny import TEMPLATE
from tests.unit.chat import frames
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES, own_with_tools
from understudy.chat.rendering.renderer import ChatRenderer

CHATML = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
QWEN = (*CHATML, "<tool_call>", "</tool_call>", "<think>", "</think>")
GLM = (
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<arg_key>",
    "</arg_key>",
    "<arg_value>",
    "</arg_value>",
)
LLAMA = (
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
)
GEMMA = ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")
HARMONY = (
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|return|>",
    "<|call|>",
)
MISTRAL = (
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[ARGS]",
)

# Google's current template, and the one before it, which is written otherwise in most places.
GEMMA_4 = (
    "<bos>",
    "<eos>",
    "<|turn>",
    "<turn|>",
    "<|tool>",
    "<tool|>",
    "<|tool_call>",
    "<tool_call|>",
    "<|tool_response>",
    "<tool_response|>",
    '<|"|>',
    "<|think|>",
    "<|channel>",
    "<channel|>",
)
FUNCTION_GEMMA = (
    *GEMMA,
    "<start_function_declaration>",
    "<end_function_declaration>",
    "<start_function_call>",
    "<end_function_call>",
    "<start_function_response>",
    "<end_function_response>",
    "<escape>",
)
DEEPSEEK = (
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<think>",
    "</think>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁outputs▁begin｜>",
    "<｜tool▁outputs▁end｜>",
    "<｜tool▁output▁begin｜>",
    "<｜tool▁output▁end｜>",
    "<｜tool▁sep｜>",
)


LFM2 = (
    "<|startoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|tool_list_start|>",
    "<|tool_list_end|>",
    "<|tool_call_start|>",
    "<|tool_call_end|>",
    "<|tool_response_start|>",
    "<|tool_response_end|>",
)
COHERE = (
    "<BOS_TOKEN>",
    "<|START_OF_TURN_TOKEN|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|USER_TOKEN|>",
    "<|CHATBOT_TOKEN|>",
    "<|SYSTEM_TOKEN|>",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
)


@dataclass(frozen=True)
class Family:
    """What distinguishes a model family."""

    template: str
    tokens: tuple[str, ...]
    ends: tuple[str, ...]
    """Tokens that end an answer."""
    bos: str = ""
    has_tools: bool = True
    has_parallel_calls: bool = True
    has_text_beside_calls: bool = True
    has_reasoning: bool = False
    marks_calls: bool = True
    """Whether calls begin with a mark, so that they cannot be taken for JSON."""
    sorts_keys: bool = False
    """Whether the arguments of calls come in the order of the alphabet."""
    escapes_texts: bool = True
    """Whether the first mark in a text of a call ends it, so that random letters find its end."""


def _of_trl(name: str) -> str:
    # Read as files, because importing trl loads torch and much else.
    path = distribution("trl").locate_file(f"trl/chat_templates/{name}.jinja")
    return Path(str(path)).read_text(encoding="utf-8")


def _qwen(name: str) -> Family:
    return Family(_of_trl(name), QWEN, ("<|im_end|>",), has_reasoning=True)


def _llama(template: str, *, has_tools: bool) -> Family:
    return Family(
        template,
        LLAMA,
        ("<|eot_id|>", "<|eom_id|>"),
        bos="<|begin_of_text|>",
        has_tools=has_tools,
        has_parallel_calls=False,
        has_text_beside_calls=False,
        marks_calls=False,
    )


def _gemma(name: str) -> Family:
    return Family(_of_trl(name), GEMMA, ("<end_of_turn>",), bos="<bos>", has_tools=False)


def _mistral(template: str) -> Family:
    return Family(template, MISTRAL, ("</s>",), bos="<s>")


def _gemma_4(name: str, *, is_current: bool) -> Family:
    return Family(
        _of_trl(name),
        GEMMA_4,
        ("<turn|>", "<|tool_response>"),
        bos="<bos>",
        has_text_beside_calls=is_current,
        has_reasoning=is_current,
        sorts_keys=True,
    )


def _deepseek(template: str) -> Family:
    bos, end, *_ = DEEPSEEK
    return Family(template, DEEPSEEK, (end,), bos=bos)


def _lfm2() -> Family:
    return Family(_of_trl("lfm2"), LFM2, ("<|im_end|>",), bos="<|startoftext|>", has_tools=False)


def _lfm2_with_calls(name: str, *, has_reasoning: bool = False) -> Family:
    ends = ("<|im_end|>",)
    return Family(
        _of_trl(name),
        LFM2,
        ends,
        bos=LFM2[0],
        has_reasoning=has_reasoning,
        escapes_texts=not has_reasoning,
    )


def _cohere2() -> Family:
    ends = ("<|END_RESPONSE|>", "<|END_OF_TURN_TOKEN|>")
    return Family(_of_trl("cohere2"), COHERE, ends, bos="<BOS_TOKEN>", has_tools=False)


_PHI_4_MINI_TOKENS = (
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<|tool|>",
    "<|/tool|>",
    "<|tool_call|>",
    "<|/tool_call|>",
)
_PHI_3_TOKENS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")


def _shipped(name: str, tokens: tuple[str, ...], **more: object) -> Family:
    template = NAMED_TEMPLATES[name]
    return replace(Family(template.source, tokens, template.ends), **more)


def _with_tools(family: Family, *, listed_by_user: bool = False) -> Family:
    template = own_with_tools(family.template)[listed_by_user]
    return replace(
        family,
        template=template,
        has_tools=True,
        has_parallel_calls=True,
        has_text_beside_calls=True,
        marks_calls=True,
    )


SHIPPED = {
    "shipped-chatml": _shipped("chatml", CHATML),
    "shipped-chatml-think": _shipped("chatml-think", QWEN, has_reasoning=True),
    "shipped-deepseek": _shipped("deepseek", DEEPSEEK, bos=DEEPSEEK[0], has_reasoning=True),
    "shipped-harmony": _shipped(
        "harmony",
        HARMONY,
        has_parallel_calls=False,
        has_text_beside_calls=False,
        has_reasoning=True,
    ),
    "shipped-llama3": _shipped(
        "llama3",
        LLAMA,
        bos="<|begin_of_text|>",
        has_parallel_calls=False,
        has_text_beside_calls=False,
        marks_calls=False,
    ),
    "shipped-gemma": _shipped("gemma", GEMMA, bos="<bos>"),
    "shipped-mistral": _shipped("mistral", MISTRAL, ends=("</s>",), bos="<s>"),
    "shipped-phi": _shipped("phi", (*_PHI_3_TOKENS, *_PHI_4_MINI_TOKENS[3:], "<|tool_response|>")),
    "shipped-phi3": _shipped("phi3", _PHI_3_TOKENS),
    "shipped-plain": _shipped("plain", ("<s>", "</s>"), ends=("</s>",), bos="<s>"),
    "tools-chatml": _with_tools(Family(frames.SMOLLM2, CHATML, ("<|im_end|>",))),
    "tools-phi4": _with_tools(Family(frames.PHI_4, (*CHATML, "<|im_sep|>"), ("<|im_end|>",))),
    "tools-gemma": _with_tools(_gemma("gemma"), listed_by_user=True),
    "tools-gemma3": _with_tools(_gemma("gemma3")),
    "tools-lfm2": _with_tools(_lfm2()),
    "tools-cohere2": _with_tools(_cohere2()),
    "tools-llama3": _with_tools(_llama(_of_trl("llama3"), has_tools=False)),
    "tools-llama3.2": _with_tools(_llama(_of_trl("llama3_2"), has_tools=True)),
}
"""The templates that come with the platform, and tool calls added to templates of families."""
FAMILIES = {
    **SHIPPED,
    "built-in": Family(TEMPLATE, QWEN, ("<|im_end|>",), has_reasoning=True),
    "qwen2.5": _qwen("qwen2_5"),
    "qwen3": _qwen("qwen3"),
    "qwen3-training": _qwen("qwen3_training"),
    "qwen3-2507": _qwen("qwen3_instruct_2507"),
    "llama3": _llama(_of_trl("llama3"), has_tools=False),
    "llama3.1": _llama(_of_trl("llama3_1"), has_tools=True),
    "llama3.2": _llama(_of_trl("llama3_2"), has_tools=True),
    "gemma": _gemma("gemma"),
    "gemma3": _gemma("gemma3"),
    "gemma3-training": _gemma("gemma3_training"),
    "gemma4": _gemma_4("gemma4_v5", is_current=True),
    "gemma4-before": _gemma_4("gemma4_v4", is_current=False),
    "function-gemma": Family(
        frames.FUNCTION_GEMMA,
        FUNCTION_GEMMA,
        ("<end_of_turn>", "<start_function_response>"),
        bos="<bos>",
        sorts_keys=True,
    ),
    "deepseek-v3": _deepseek(frames.DEEPSEEK_V3),
    "deepseek-v3.1": _deepseek(frames.DEEPSEEK_V31),
    "lfm2": _lfm2(),
    "lfm2-calls": _lfm2_with_calls("lfm2_v2"),
    "lfm2.5": _lfm2_with_calls("lfm2_2_5_v2", has_reasoning=True),
    "cohere2": _cohere2(),
    "mistral-list": _mistral(frames.MISTRAL_LIST),
    "mistral-args": _mistral(frames.MISTRAL_ARGS),
    "smollm2": Family(frames.SMOLLM2, CHATML, ("<|im_end|>",), has_tools=False),
    "smollm3": Family(frames.SMOLLM3, QWEN, ("<|im_end|>",), has_reasoning=True),
    "phi4": Family(frames.PHI_4, (*CHATML, "<|im_sep|>"), ("<|im_end|>",), has_tools=False),
    "phi4-mini": Family(frames.PHI_4_MINI, _PHI_4_MINI_TOKENS, ("<|end|>",)),
    "gpt-oss": Family(
        _of_trl("gptoss"),
        HARMONY,
        ("<|return|>", "<|call|>"),
        has_parallel_calls=False,
        has_text_beside_calls=False,
        has_reasoning=True,
    ),
}

# What cannot be learned, because turns differ from their prompts.
ONLY_SERVED = {
    # As DeepSeek publishes it: it opens the reasoning, and shows no tools.
    "deepseek-r1": _deepseek(_of_trl("deepseekv3")),
    "deepseek-r1-distill": _deepseek(_of_trl("deepseek_r1_distill")),
    "deepseek-indented": _deepseek(frames.DEEPSEEK_INDENTED),
    # It opens the reasoning, and writes none where a turn has none.
    "nemotron3-nano": Family(_of_trl("nemotron_3_nano"), QWEN, ("<|im_end|>",)),
    "glm4.5-published": Family(
        _of_trl("glm4moe"), (*GLM, "<|endoftext|>"), ("<|user|>", "<|observation|>")
    ),
}
# Their templates open the reasoning, or write an empty one, so only last turns can be learned.
WITH_PARAMETERS = {
    "qwen3.5": _qwen("qwen3_5_think"),
    "qwen3.6": _qwen("qwen3_6"),
    "qwen3.5-nothink": _qwen("qwen3_5_nothink"),
    "shipped-chatml-parameters": _shipped("chatml-parameters", QWEN, has_reasoning=True),
    "shipped-glm": _shipped("glm", (*GLM, "<|endoftext|>"), has_reasoning=True),
    "glm4.5": Family(_of_trl("glm4moe_training"), GLM, ("<|user|>", "<|observation|>")),
}


@cache
def renderer_of(name: str) -> ChatRenderer:
    """The renderer of a family, made as if its files had been downloaded."""
    with TemporaryDirectory() as made:
        return ChatRenderer.from_directory(write_family(Path(made), name))


def write_family(directory: Path, name: str) -> Path:
    """Write the files a family's renderer needs and return their directory."""
    family = (FAMILIES | ONLY_SERVED | WITH_PARAMETERS)[name]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[AddedToken(token, special=True) for token in family.tokens],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Without the special tokens, which no letters must add up to.
    text = re.sub("|".join(map(re.escape, family.tokens)), " ", family.template)
    tokenizer.train_from_iterator([text] * 3, trainer)
    ends = [tokenizer.token_to_id(end) for end in family.ends]
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {"bos_token": family.bos, "eos_token": family.ends[0]}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    (directory / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    (directory / "config.json").write_text('{"max_position_embeddings": 4096}')
    (directory / "chat_template.jinja").write_text(family.template)
    return directory
