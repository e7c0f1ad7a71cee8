import time

import pytest

from understudy.data.report.content.cut_answers import ending_of
from understudy.data.report.content.mojibake import is_mojibake
from understudy.data.report.content.placeholders import has_placeholder
from understudy.data.report.content.refusals import is_refusal
from understudy.data.report.content.written_calls import is_written_call
from understudy.data.report.loose_text import label_of
from understudy.data.report.near_texts import NearTexts

PIECES = [
    "a",
    "a ",
    "[",
    "{",
    "<a",
    "{{a",
    "[a ",
    "` ",
    "```\n",
    "_",
    "- ",
    ". ",
    "\n",
    "' ",
    "' \"",
]
PIECES += [
    "\u3002",
    "\u8bf7\u586b",
    "\u8bf7  ",
    "\u00c3",
    "no puedo ",
    "i can't ",
    "ich kann ",
    "je ne ",
]
PIECES += ["get_a(b=", "get_a(b=c), ", "TODO ", "\u3000"]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_for_ever(piece: str):
    # A pattern that backtracks without end would take minutes.
    text = piece * (50_000 // len(piece))
    begun_at = time.process_time()
    for whole in (text, f"{text})", f"Sorry, {text}\u8bf7"):
        for rule in (ending_of, is_mojibake, has_placeholder, is_refusal, is_written_call):
            rule(whole)
        label_of(whole)
        NearTexts().add(1, whole)
    assert time.process_time() - begun_at < 5
