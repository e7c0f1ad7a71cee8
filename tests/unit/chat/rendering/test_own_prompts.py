"""Prompts are those that transformers' `apply_chat_template` makes of the same conversation."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

from tests.tiny import assistant, user
from tests.unit.chat.templates import FAMILIES, ONLY_SERVED, WITH_PARAMETERS, write_family
from understudy.chat.rendering.renderer import ChatRenderer

_TURNS = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + END + '\n' }}{% endfor %}"
)
_HEADER = "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
# As Microsoft publishes it: every mark swallows the space after it.
PHI_3 = _TURNS.replace("END", "'<|end|>'") + _HEADER
PHI_3_MARKS = ("<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>")
# As in TinyLlama: the marks of roles are letters, and only the end is a token.
ZEPHYR = _TURNS.replace("END", "eos_token") + _HEADER
MARKLESS = {"phi3": (PHI_3, PHI_3_MARKS, "<|end|>"), "zephyr": (ZEPHYR, (), "</s>")}
SCHEMES = ("first", "always", "never")
NAMES = [
    *FAMILIES,
    *ONLY_SERVED,
    *WITH_PARAMETERS,
    *(f"{name} {scheme}" for name in MARKLESS for scheme in SCHEMES),
]
LETTERS = [*"abz .,\n\t<>|{}[]'\"=", "\xa0", "é", "\u4e2d", "\U0001f5fc", "```", "  ", "\n\n"]
texts = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=8).map("".join)


def write_sentence_piece(directory: Path, name: str) -> Path:
    family, scheme = name.split()
    template, marks, end = MARKLESS[family]
    letters = sorted({*"".join(LETTERS), *"usertnai|<>\u2581"} - {" "})
    merges = [("a", "b"), ("\u2581", "a"), ("u", "s"), ("us", "e"), ("use", "r"), ("\u2581",) * 2]
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    words += [left + right for left, right in merges]
    before = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme}
    model: dict[str, Any] = {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True}
    model |= {"vocab": {word: id for id, word in enumerate(words)}, "merges": merges}
    described = {"version": "1.0", "added_tokens": [], "model": model, "pre_tokenizer": before}
    described |= dict.fromkeys(("normalizer", "decoder", "post_processor"))
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_special_tokens([AddedToken(m, rstrip=True, normalized=False) for m in marks])
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {"bos_token": "<s>", "eos_token": end}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    (directory / "chat_template.jinja").write_text(template)
    return directory


@cache
def both(name: str) -> tuple[ChatRenderer, PreTrainedTokenizerFast]:
    with TemporaryDirectory() as made:
        write = write_sentence_piece if name.split()[0] in MARKLESS else write_family
        directory = write(Path(made), name)
        settings = json.loads((directory / "tokenizer_config.json").read_text())
        own = PreTrainedTokenizerFast(
            tokenizer_file=str(directory / "tokenizer.json"),
            chat_template=(directory / "chat_template.jinja").read_text(),
            **{key: token for key, token in settings.items() if token},
        )
        return ChatRenderer.from_directory(directory), own


@pytest.mark.parametrize("name", NAMES)
@given(said=st.tuples(texts, texts, texts))
@example(said=(" \n a", "\n", "  b"))
@example(said=("a\n\n", "\n\na  ", "é \n"))
def test_a_prompt_is_what_transformers_makes_of_it(name: str, said: tuple[str, str, str]):
    renderer, own = both(name)
    question, answer, thanks = said
    asked = [{"role": "user", "content": question}]
    whole = [
        *asked,
        {"role": "assistant", "content": answer},
        {"role": "user", "content": thanks},
    ]
    for messages in (asked, whole):
        expected = own.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        kinds = {"user": user, "assistant": assistant}
        ids = renderer.prompt_ids([kinds[m["role"]](m["content"]) for m in messages])
        expected_ids = own(expected, add_special_tokens=False)["input_ids"]
        if ids != expected_ids:
            # The only reason: a token would reach from the header into the answer's own text.
            assert messages is whole
            assert answer[0].isspace()
            assert own.decode(ids) == own.decode(expected_ids)


@pytest.mark.parametrize("name", NAMES)
@given(text=texts)
def test_a_text_is_what_the_tokenizer_makes_of_it(name: str, text: str):
    renderer, own = both(name)
    vocabulary = renderer.vocabulary
    assert (
        vocabulary.encode(vocabulary.guard(text))
        == own(text, add_special_tokens=False)["input_ids"]
    )
