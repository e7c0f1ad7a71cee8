"""A process of its own that renders conversations and encodes texts as transformers does."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError
from transformers import AutoTokenizer

_MAX_ANSWER = 300


def own_ids(
    directory: Path, template: str, texts: Sequence[str], conversations: Sequence[Any]
) -> Mapping[str, Any]:
    """Return the ids of texts, and those of prompts: None for one that the template refuses."""
    tokenizer: Any = AutoTokenizer.from_pretrained(
        directory, local_files_only=True, trust_remote_code=False
    )

    def ids_of(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def prompt_of(messages: Any) -> list[int] | None:
        try:
            text = tokenizer.apply_chat_template(
                messages, chat_template=template, tokenize=False, add_generation_prompt=True
            )
        except TemplateError:
            return None
        return ids_of(text)

    return {"texts": [*map(ids_of, texts)], "prompts": [*map(prompt_of, conversations)]}


def main() -> None:
    """Read a directory, a template, texts and conversations as JSON, and print their ids."""
    asked = json.load(sys.stdin)
    try:
        answer = own_ids(
            Path(asked["directory"]), asked["template"], asked["texts"], asked["conversations"]
        )
    # The outer edge of this process: whatever the model's files made the library raise, its words
    # are this process's answer.
    except Exception as error:  # noqa: BLE001
        answer = {"problem": " ".join(str(error).split())[:_MAX_ANSWER]}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
