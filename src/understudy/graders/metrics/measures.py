"""The measures of likeness by their names on the wire."""

from collections.abc import Callable, Mapping
from functools import partial

from understudy.graders.metrics.fuzzy import fuzzy_match
from understudy.graders.metrics.meteor import meteor
from understudy.graders.metrics.ngrams import bleu, gleu, rouge_l, rouge_n

Measure = Callable[[str, str], float]
"""How alike a text and its reference are, from 0 to 1."""


def measure_of(metric: str) -> Measure:
    """Return the measure of that name; `cosine`, which asks a model, is none of these."""
    return partial(_unless_equal_and_blank, _MEASURES[metric])


def _unless_equal_and_blank(measure: Measure, text: str, reference: str) -> float:
    """Nothing is like nothing, although there is nothing that a measure could count."""
    score = measure(text, reference)
    return 1.0 if score == 0 and text == reference else min(score, 1.0)


_MEASURES: Mapping[str, Measure] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    "meteor": meteor,
    "rouge_1": partial(rouge_n, size=1),
    "rouge_2": partial(rouge_n, size=2),
    "rouge_3": partial(rouge_n, size=3),
    "rouge_4": partial(rouge_n, size=4),
    "rouge_5": partial(rouge_n, size=5),
    "rouge_l": rouge_l,
}
