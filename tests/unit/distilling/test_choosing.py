"""Which clean answers are learned."""

from tests.unit.distilling.captured_answers import captured
from understudy.data.examples import ChatExample
from understudy.distilling.choosing import Candidate, choose
from understudy.distilling.cleaning import Reason, clean


def candidate(id: str, text: str, question: str, score: float | None = None) -> Candidate:
    answer = captured(text, question, id=id)
    example = clean(answer, keep_refusals=True)
    assert isinstance(example, ChatExample)
    return Candidate(captured=answer, example=example, score=score)


LONG = "Please tell me which city is the capital of {} and nothing else at all, thank you"


def ids(kept: tuple[Candidate, ...]) -> list[str]:
    return [each.captured.id for each in kept]


def test_of_several_answers_to_one_question_the_best_is_learned():
    found = choose(
        [
            candidate("new", "Bergen", "Norway?", 0.2),
            candidate("best", "Oslo", "Norway?", 0.9),
            candidate("old", "Oslo", "Norway?", 0.9),
        ],
        at_least=0.1,
        deduplicate=True,
    )

    assert ids(found.kept) == ["best"]
    reasons = {each.id: drop.reason for each, drop in found.dropped}
    assert reasons == {"new": Reason.OTHER_ANSWER, "old": Reason.DUPLICATE}


def test_without_scores_the_newest_answer_is_learned():
    given = [candidate("new", "Oslo", "Norway?"), candidate("old", "Bergen", "Norway?")]

    assert ids(choose(given, at_least=None, deduplicate=True).kept) == ["new"]


def test_answers_below_the_score_and_without_one_are_dropped_for_that():
    given = [candidate("bad", "Bergen", "Norway?", 0.7), candidate("ungraded", "?", "Sweden?")]

    found = choose(given, at_least=0.8, deduplicate=True)

    assert [drop.reason for _, drop in found.dropped] == [Reason.BELOW_SCORE, Reason.NOT_GRADED]


def test_nearly_the_same_question_is_dropped_only_with_the_same_answer():
    given = [
        candidate("first", "Oslo", LONG.format("Norway")),
        candidate("same", "Oslo", LONG.format("Norway") + "!"),
        candidate("other", "Bergen", LONG.format("Norway") + "!!"),
    ]

    assert ids(choose(given, at_least=None, deduplicate=True).kept) == ["first", "other"]
    assert len(choose(given, at_least=None, deduplicate=False).kept) == 3
