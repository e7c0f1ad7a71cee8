"""Compares the ids that a model is trained and served with to those of its own tokenizer."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

_TIMEOUT_SECONDS = 300.0
_TEXTS = 200
_MAX_PARTS = 12
_SEED = 13
_SHOWN_TOKENS = 3
_PARTS = (
    *("a", "Z", "7", "2026", "user", " the", "Hello", "don't", "naïve", "Straße"),
    *(".", ",", "!", "?", "'", '"', "-", "_", "/", "\\", "(", "]", "{", "}", "<", ">", "|", "#"),
    *(" ", "  ", "    ", "\n", "\n\n", "\r\n", "\t", "\xa0", "\u2003", "\u200b", "\x1c", "\u2581"),
    *(
        "é",
        "e\u0301",
        "ß",
        "日本",
        "中文。",
        "한",
        "العربية",
        "हिन्दी",
        "ไทย",
        "\U0001f5fc",
        "👩‍🚀",
        "\ufb01",
    ),
    *("def f(x):\n    return x\n", '{"a": [1, null]}', "```", "https://x.org/?q=1", "∑", "½", "Ⅳ"),
)
_CONVERSATIONS = (
    (("user", "Hello!"),),
    (("user", "\n  Two lines,\n\n  and space at both ends. \n"),),
    (("system", "Be brief."), ("user", "What is 2 + 2?")),
    (("user", "Hi"), ("assistant", "Hello, how are you?"), ("user", " Fine. ")),
    (("user", 'f = {"é": [1, 2]}\t# 日本 \U0001f5fc'), ("assistant", "Good."), ("user", "?")),
    (("system", "A\n"), ("user", "b"), ("assistant", "C"), ("user", "d"), ("assistant", "E\n")),
)


@dataclass(frozen=True, kw_only=True)
class TokenComparison:
    """What a comparison with a model's own tokenizer showed."""

    texts: int
    conversations: int
    difference: str | None
    """The first difference, as the end of a sentence; None where all ids are equal."""

    def in_words(self) -> str:
        """Say it, for the person who adds the model."""
        if self.difference is not None:
            return f"not equal to its own tokenizer's: {self.difference}"
        return (
            f"equal to its own tokenizer's on {self.texts} texts and {self.conversations} "
            "conversations"
        )


def tokens_in_words(directory: Path) -> str:
    """Compare the ids of a model that may be added and say what that showed."""
    return compare_with_own(ChatRenderer.from_directory(directory), directory).in_words()


def compare_with_own(renderer: ChatRenderer, directory: Path) -> TokenComparison:
    """Encode a fixed set of texts and conversations here and with transformers, and compare.

    transformers runs in a process of its own and reads the tokenizer of `directory`.
    """
    texts = _texts_for(renderer)
    conversations = [[{"role": r, "content": c} for r, c in turns] for turns in _CONVERSATIONS]
    given = _in_parts(conversations) if renderer.template.sees_parts_only else conversations
    own = _own_ids(renderer, directory, texts, given)
    difference: str | None = own.get("problem")
    if difference is None:
        found = _differences(renderer, texts, conversations, own)
        difference = next(found, None)
    else:
        difference = f"transformers cannot read it ({difference})"
    return TokenComparison(
        texts=len(texts), conversations=len(conversations), difference=difference
    )


def _in_parts(conversations: Sequence[Sequence[Mapping[str, str]]]) -> list[list[Any]]:
    """Write every text as a list of one part, for templates that lose any other text."""
    return [
        [{**said, "content": [{"type": "text", "text": said["content"]}]} for said in conversation]
        for conversation in conversations
    ]


def _texts_for(renderer: ChatRenderer) -> list[str]:
    """Return texts of random letters and of random tokens, without any control token."""
    chosen = random.Random(_SEED)
    vocabulary = renderer.vocabulary
    texts: list[str] = []
    while len(texts) < _TEXTS:
        count = chosen.randint(1, _MAX_PARTS)
        if len(texts) % 2:
            text = "".join(chosen.choices(_PARTS, k=count))
        else:
            text = vocabulary.decode(chosen.choices(range(vocabulary.size), k=count))
        try:
            is_plain = vocabulary.guard(text) == text
        except InvalidRequestError:
            is_plain = False
        # Of control tokens alone, this gives up its place to a text of letters.
        texts.append(text if is_plain else "".join(chosen.choices(_PARTS, k=count)))
    return texts


def _differences(
    renderer: ChatRenderer,
    texts: Sequence[str],
    conversations: Sequence[Sequence[Mapping[str, str]]],
    own: Mapping[str, Any],
) -> Iterator[str]:
    for messages, expected in zip(conversations, own["prompts"], strict=True):
        try:
            ids = renderer.prompt_ids(
                [Message(role=Role(m["role"]), content=m["content"]) for m in messages]
            )
        except InvalidRequestError:
            ids = None
        if ids != expected:
            yield _difference(renderer, f"of {_shortened(messages[0]['content'])}", ids, expected)
    for text, expected in zip(texts, own["texts"], strict=True):
        ids = renderer.vocabulary.encode(renderer.vocabulary.guard(text))
        if ids != expected:
            yield _difference(renderer, f"of the text {_shortened(text)}", ids, expected)


def _difference(
    renderer: ChatRenderer, place: str, here: list[int] | None, there: list[int] | None
) -> str:
    if here is None or there is None:
        refusing = "this platform" if here is None else "transformers"
        return f"{refusing} refuses the conversation {place}"
    pairs = zip(here, there, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(here), len(there)))

    def shown(ids: list[int]) -> str:
        some = ids[at : at + _SHOWN_TOKENS]
        return f"{some} {_shortened(renderer.decode(some))}" if some else "nothing"

    return f"token {at + 1} {place} is {shown(here)} here and {shown(there)} there"


def _shortened(text: str) -> str:
    return json.dumps(text[:40] + ("…" if len(text) > 40 else ""), ensure_ascii=False)


def _own_ids(
    renderer: ChatRenderer, directory: Path, texts: Sequence[str], conversations: Sequence[Any]
) -> Mapping[str, Any]:
    asked = {
        "directory": str(directory),
        "template": renderer.template.source,
        "texts": texts,
        "conversations": conversations,
    }
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(
            (sys.executable, "-m", "understudy.modeling.processes.own_tokens"),
            input=json.dumps(asked).encode(),
            env=environment,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
        # Libraries may print to standard output; the result is the last line.
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"problem": f"it took more than {_TIMEOUT_SECONDS:.0f} seconds"}
    except subprocess.CalledProcessError as error:
        last_line = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return {"problem": "".join(last_line)}
