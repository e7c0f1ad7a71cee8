"""Puts the same held-out questions to a model, several at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import OpenAI, omit

from understudy.cli.demo.tasks import HeldOutQuestion

_AT_ONCE = 16
_MAX_ANSWER_TOKENS = 128


def ask_all(
    client: OpenAI, model: str, questions: Sequence[HeldOutQuestion]
) -> list[Mapping[str, Any]]:
    """Return the model's answer to each question, as assistant messages, at temperature 0."""

    def ask(question: HeldOutQuestion) -> Mapping[str, Any]:
        completion = client.chat.completions.create(
            model=model,
            temperature=0,
            max_tokens=_MAX_ANSWER_TOKENS,
            messages=question.messages,
            tools=question.tools or omit,
        )
        return completion.choices[0].message.model_dump(exclude_none=True)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(ask, questions))
