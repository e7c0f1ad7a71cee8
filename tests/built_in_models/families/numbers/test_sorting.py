from random import Random

from built_in_models.families.numbers import sorting
from built_in_models.world import Split, World


def test_the_answer_holds_the_items_of_the_question_in_another_order():
    rng = Random(1)
    for _ in range(400):
        task = sorting.generate(rng, World.of(Split.HELD_OUT))
        question = task.question[-1].content or ""
        assert all(item in question for item in (task.reference.content or "").split(", "))


def test_numbers_are_sorted_up_or_down_as_asked():
    rng = Random(2)
    for _ in range(400):
        task = sorting.generate(rng, World.of(Split.TRAINING))
        question = task.question[-1].content or ""
        items = (task.reference.content or "").split(", ")
        if question.startswith(("Smallest first", "Order from small")):
            assert items == sorted(items, key=int)
        if question.startswith(("Largest first", "Order from large")):
            assert items == sorted(items, key=int, reverse=True)
