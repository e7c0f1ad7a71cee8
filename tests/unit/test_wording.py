"""Sentences that know what they say, and the catalogue that is made of them."""

import json
import pickle
import re

from scripts.sentences import (
    CATALOGUE,
    PACKAGE,
    chinese_sentences,
    sentences_text,
    server_sentences,
)
from understudy.data.report.advice.words import WORDS
from understudy.evals.verdict.joint_tests import Verdict
from understudy.wording import (
    Sentence,
    clause,
    in_others_words,
    sentence_of,
    together,
    worded,
    wording_of,
)

PLACE = re.compile(r"(?<!\{)\{(\w+)(?![^{}]*\{)")


def test_a_sentence_is_its_text_and_knows_its_code_and_values():
    said = worded("job.model", "New fine-tuned model created: {model}", model="ft:a")
    assert said == "New fine-tuned model created: ft:a"
    assert said.to_json() == {"code": "job.model", "values": {"model": "ft:a"}}


def test_counts_stay_numbers_and_other_formats_are_kept_as_written():
    said = worded("any", "{count:,} examples, loss {loss:.2f}", count=1234, loss=0.5)
    assert said == "1,234 examples, loss 0.50"
    assert said.values == {"count": 1234, "loss": "0.50"}


def test_a_value_with_braces_is_no_template():
    assert worded("any", "It said: {said}", said="{model} {0}") == "It said: {model} {0}"


def test_a_sentence_within_another_is_said_anew():
    why = worded("inner", "there is no room")
    said = worded("outer", "It failed: {why}.", why=why)
    assert said.to_json() == {
        "code": "outer",
        "values": {"why": {"code": "inner", "values": {}}},
    }


def test_several_sentences_are_one_and_one_is_itself():
    one, other = worded("one", "First."), worded("other", "Second.")
    both = together((one, other), "\n")
    assert both == "First.\nSecond."
    assert both.to_json() == {
        "code": "together",
        "values": {"parts": [one.to_json(), other.to_json()], "between": "\n"},
    }
    assert together((one,)) is one


def test_what_others_say_has_no_code():
    assert in_others_words("connection refused").to_json() is None
    assert wording_of("connection refused") is None
    assert worded("any", "{why}", why=in_others_words("refused")).to_json() == {
        "code": "any",
        "values": {"why": "refused"},
    }


def test_an_error_gives_back_the_sentence_that_it_was_raised_with():
    assert sentence_of(ValueError(worded("any", "wrong"))).code == "any"
    assert sentence_of(ValueError("wrong")) == "wrong"
    assert sentence_of(ValueError()) == ""


def test_a_clause_has_no_full_stop_and_the_same_code():
    assert clause(worded("any", "There is none.")).code == "any"
    assert clause("There is none.") == "There is none"


def test_a_sentence_survives_the_way_to_another_process():
    said = worded("any", "It is {n}.", n=1)
    again: Sentence = pickle.loads(pickle.dumps(said))
    assert again == said
    assert again.to_json() == said.to_json()


def test_the_catalogue_of_the_dashboard_holds_every_sentence_that_its_pages_can_meet():
    # The type checker of the dashboard refuses a language that lacks one of its codes.
    assert CATALOGUE.read_text() == sentences_text(), "run `make pages`"
    assert all(text.strip() for text in json.loads(sentences_text()).values())


def test_every_sentence_stands_in_the_chinese_catalogue_and_names_what_the_english_one_names():
    english = server_sentences() | {f"advice.{code}": text for code, text in WORDS.items()}
    chinese = {
        code: text
        for code, text in chinese_sentences().items()
        if not code.startswith(("label.", "verdict."))
    }
    assert chinese.keys() == english.keys()
    foreign = {
        code: names
        for code, text in chinese.items()
        if (names := set(PLACE.findall(text)) - set(PLACE.findall(english[code])))
    }
    assert foreign == {}


def test_every_statement_of_a_verdict_has_a_chinese_template():
    source = (PACKAGE / "evals" / "verdict" / "statement.py").read_text()
    codes = {*re.findall(r'code="(\w+)"', source), *Verdict} - {Verdict.CANNOT_TELL}
    assert {f"verdict.{code}" for code in codes} <= chinese_sentences().keys()
