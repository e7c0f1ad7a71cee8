"""What is learned of a prompt and its completion, in tokenizers of several kinds."""

from itertools import compress

import pytest

from tests.unit.chat.rendering.test_own_prompts import MARKLESS, SCHEMES, both
from tests.unit.chat.templates import renderer_of
from understudy.chat.rendering.continued_text import continued_text
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

PAIRS = [
    ("Who plays it?\n\n###\n\n", " baseball"),
    ("Q: 2+2\nA:", " 4 END"),
    ("half a wo", "rd\n"),
    ("", "once upon a time"),
    ("Zürich ist", " schön 東京 \N{GRINNING FACE}!"),
]
KINDS = ["qwen3", "llama3", *(f"{name} {scheme}" for name in MARKLESS for scheme in SCHEMES)]


def renderer(kind: str) -> ChatRenderer:
    return both(kind)[0] if kind.split()[0] in MARKLESS else renderer_of(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_completion_is_learned_to_the_letter_after_the_prompt_that_is_served(kind: str):
    model = renderer(kind)
    end = model.vocabulary.atom(model.stop_ids[0])
    # What would end an answer is letters where a user wrote it, and nothing else ends it.
    for prompt, completion in [*PAIRS, ("a", f" b{end}")]:
        example = continued_text(model, prompt, completion)
        served = model.text_ids(prompt)
        learned = list(compress(example.ids, example.trained))
        assert example.ids == [*served, *learned]
        assert b"".join(map(model.bytes_of, learned)).decode() == completion
        assert not set(learned) & set(model.stop_ids)


def test_a_noncharacter_in_a_completion_is_refused():
    with pytest.raises(InvalidRequestError, match=r"U\+FDD0"):
        continued_text(renderer_of("qwen3"), "a", "\ufdd0")
