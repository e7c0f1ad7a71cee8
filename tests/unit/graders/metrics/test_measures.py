"""Our measures against the programs that made them known: sacrebleu, nltk and rouge-score."""

import random

import pytest
import sacrebleu
from nltk.stem.porter import PorterStemmer
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from rapidfuzz import fuzz
from rouge_score.rouge_scorer import RougeScorer

from understudy.graders.metrics.fuzzy import TooLongError
from understudy.graders.metrics.measures import measure_of
from understudy.graders.metrics.meteor import meteor_of_words
from understudy.graders.metrics.ngrams import bleu, gleu
from understudy.graders.metrics.words import tokens_of, words_of

METRICS = (
    "fuzzy_match", "bleu", "gleu", "meteor",
    "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
)  # fmt: skip
WORDS = "the The cat cats sat on a mat don't running runs well-known ok"
ODDITIES = [
    "3.5",
    "1,000",
    "(yes)",
    "hello,",
    "world!",
    "it's",
    "x_y",
    "&amp;",
    "<b>",
    '"q"',
    "U.S.",
]
VOCABULARY = [*WORDS.split(), *ODDITIES]


def score(metric: str, text: str, reference: str) -> float:
    return measure_of(metric)(text, reference)


def pairs() -> list[tuple[str, str]]:
    chance = random.Random(7)
    made: list[tuple[str, str]] = []
    for _ in range(400):
        text = " ".join(chance.choices(VOCABULARY, k=chance.randint(0, 12)))
        other = " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 12)))
        made.append((text, text.replace("cat", "dog") if chance.random() < 0.3 else other))
    return made


PAIRS = pairs()


def test_fuzzy_match_gives_what_openai_was_recorded_to_give():
    recorded = 0.7555555555555555
    assert score("fuzzy_match", "fuzzy wuzzy had no hair", "fuzzy wuzzy was a bear") == (
        pytest.approx(recorded, abs=1e-12)
    )


def test_fuzzy_match_of_long_texts_is_the_same_and_too_long_ones_are_refused():
    long, short = "so it goes " * 200, "it goes so " * 100
    assert score("fuzzy_match", long, short) == pytest.approx(fuzz.WRatio(long, short) / 100)
    with pytest.raises(TooLongError, match="rouge_l"):
        score("fuzzy_match", "ab " * 10_000, "ba " * 5_000)


def test_bleu_agrees_with_sacrebleu():
    for text, reference in PAIRS:
        theirs = sacrebleu.sentence_bleu(text, [reference], use_effective_order=True).score / 100
        assert bleu(text, reference) == pytest.approx(theirs, abs=1e-9), (text, reference)


def test_gleu_agrees_with_nltk():
    for text, reference in PAIRS:
        tokens, expected = tokens_of(text), tokens_of(reference)
        if tokens:
            theirs = sentence_gleu([expected], tokens)
            assert gleu(text, reference) == pytest.approx(theirs, abs=1e-9), (text, reference)


@pytest.mark.parametrize("metric", ["rouge1", "rouge2", "rouge3", "rouge4", "rouge5", "rougeL"])
def test_rouge_agrees_with_rouge_score_on_ascii(metric: str):
    theirs = RougeScorer([metric])
    ours = measure_of(f"rouge_{metric[-1].lower()}")
    for text, reference in PAIRS:
        if text != reference:
            expected = theirs.score(reference, text)[metric].fmeasure
            assert ours(text, reference) == pytest.approx(expected, abs=1e-9), (text, reference)


class NoThesaurus:
    def synsets(self, word: str) -> list[str]:
        return []


def test_meteor_agrees_with_nltk_without_a_thesaurus():
    stemmer = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
    for text, reference in PAIRS:
        words, expected = words_of(text), words_of(reference)
        theirs = single_meteor_score(expected, words, stemmer=stemmer, wordnet=NoThesaurus())
        if words != expected:
            assert meteor_of_words(words, expected) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_empty_against_empty_is_one_and_against_something_is_zero(metric: str):
    assert score(metric, "", "") == 1
    assert score(metric, "!?", "!?") == pytest.approx(1, abs=0.5)
    assert score(metric, "", "something") == 0
    assert score(metric, "something", "") == 0


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "text",
    [
        "今日はとても良い天気ですね",
        "สวัสดีชาวโลกวันนี้",
        "Привет, мир, как дела сегодня",
        "नमस्ते दुनिया आज कैसे हो तुम",
    ],
)
def test_every_script_is_compared(metric: str, text: str):
    assert score(metric, text, text) == pytest.approx(1)
    assert 0 <= score(metric, text[: len(text) * 3 // 4], text) < 1


@pytest.mark.parametrize("metric", METRICS)
def test_scores_lie_between_zero_and_one(metric: str):
    assert all(0 <= score(metric, *pair) <= 1 for pair in PAIRS)


@pytest.mark.parametrize("text", ["word", "two words", "日本", "cats cats cats"])
def test_meteor_of_equal_texts_is_one(text: str):
    assert score("meteor", text, text) == 1
    assert score("meteor", f"{text} more", text) < 1


def test_meteor_of_the_same_words_in_another_order_is_below_one():
    assert score("meteor", "b a", "a b") == 0.5
