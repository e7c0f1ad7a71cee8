"""Gets a model's completions of held-out examples, several at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import OpenAI, omit

from understudy.cli.demo.tasks import HeldOutExample

_AT_ONCE = 16
_MAX_ANSWER_TOKENS = 96


def complete_all(
    client: OpenAI, model: str, examples: Sequence[HeldOutExample]
) -> list[Mapping[str, Any]]:
    """Return the model's completion of each example, as assistant messages, at temperature 0."""

    def complete(example: HeldOutExample) -> Mapping[str, Any]:
        completion = client.chat.completions.create(
            model=model,
            temperature=0,
            max_tokens=_MAX_ANSWER_TOKENS,
            messages=example.messages,
            tools=example.tools or omit,
        )
        return completion.choices[0].message.model_dump(exclude_none=True)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(complete, examples))
