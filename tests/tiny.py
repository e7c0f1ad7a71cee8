"""Tiny models and tokenizers made on the spot, for tests that need real ones of their own."""

import json
from functools import cache
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from built_in_models import tokenizer as builtin_tokenizer
from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.modeling.attention import PACKED_ATTENTION

TEMPLATE = Path(builtin_tokenizer.__file__).with_name("chat_template.jinja").read_text("utf-8")
WEATHER = Tool(
    name="get_weather",
    description="Get the weather",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)


@cache
def tokenizer() -> Tokenizer:
    """A tokenizer of the built-in kind, trained on a few words."""
    texts = ["What is the weather in Paris? get_weather city", json.dumps(WEATHER.parameters)]
    return builtin_tokenizer.train_tokenizer(texts * 20)


def write_renderer(directory: Path, template: str = TEMPLATE) -> Path:
    """Write the files a renderer needs and return their directory."""
    directory.mkdir(parents=True, exist_ok=True)
    builtin_tokenizer.save_tokenizer(tokenizer(), directory, template)
    (directory / "config.json").write_text('{"max_position_embeddings": 512}')
    return directory


def renderer(directory: Path, template: str = TEMPLATE) -> ChatRenderer:
    """A renderer of its own."""
    return ChatRenderer.from_directory(write_renderer(directory, template))


def llama(seed: int = 0, **changes: int) -> PreTrainedModel:
    """A random two-layer Llama in float32 with grouped-query attention."""
    torch.manual_seed(seed)
    shape = {
        "vocab_size": 97,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
    }
    model = AutoModelForCausalLM.from_config(
        # Larger than the usual 0.02: an adapter of a tiny model cannot move smaller weights.
        LlamaConfig(initializer_range=0.2, **(shape | changes)),
        attn_implementation=PACKED_ATTENTION,
    )
    return model.requires_grad_(False).eval()


def examples(count: int, seed: int = 0, vocabulary: int = 97) -> list[RenderedExample]:
    """Random token sequences of different lengths, about half of each trained."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        length = int(torch.randint(6, 20, (), generator=generator))
        ids = torch.randint(0, vocabulary, (length,), generator=generator).tolist()
        made.append(RenderedExample(ids, [at >= length // 2 for at in range(length)]))
    return made


def user(text: str) -> Message:
    return Message(role=Role.USER, content=text)


def assistant(text: str | None, *calls: tuple[str, str]) -> Message:
    made = tuple(
        ToolCall(id=f"call_{index}", name=name, arguments=arguments)
        for index, (name, arguments) in enumerate(calls)
    )
    return Message(role=Role.ASSISTANT, content=text, tool_calls=made)
