"""The marks that users put themselves into prompts and completions, which no template surrounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of

# A shorter common end that is letters is chance.
_MIN_LETTERS = 3


@dataclass(frozen=True, kw_only=True)
class TextMarks:
    """What a file of prompts and completions marks their ends with."""

    separator: str | None
    """The end that all prompts have in common, empty where they all are; None for no such end."""
    stop_mark: str | None
    """The end that all completions have in common; None where they have none."""
    unspaced: Lines
    """Completions that begin with a letter or digit, and so in the middle of a word."""


def find_text_marks(examples: Sequence[ChatExample]) -> TextMarks | None:
    """Find the marks of a file; None where it holds no prompts and completions."""
    texts = [example for example in examples if example.is_text]
    if not texts:
        return None
    prompts, completions = (
        [example.messages[at].content or "" for example in texts] for at in (0, 1)
    )
    return TextMarks(
        # Whoever has the model write without being asked leaves prompts empty.
        separator=_common_end([prompt for prompt in prompts if prompt]) if any(prompts) else "",
        stop_mark=_common_end(completions),
        unspaced=lines_of(
            example.line
            for example, prompt, completion in zip(texts, prompts, completions, strict=True)
            if completion[:1].isalnum() and prompt and not prompt[-1].isspace()
        ),
    )


def _common_end(texts: Sequence[str]) -> str | None:
    # What the first and the last in order have in common, all between them have, too.
    backwards = sorted(text[::-1] for text in texts)
    same = takewhile(
        lambda pair: pair[0] == pair[1], zip(backwards[0], backwards[-1], strict=False)
    )
    end = "".join(letter for letter, _ in same)[::-1]
    is_mark = len(end) >= _MIN_LETTERS or any(not letter.isalnum() for letter in end)
    return end if is_mark else None
