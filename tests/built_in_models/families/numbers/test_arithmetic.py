import re
from random import Random

from built_in_models.families.numbers import arithmetic
from built_in_models.world import Split, World

_EXPRESSION = re.compile(r"(\d+)\s*([-+*])\s*(\d+)")


def test_written_calculations_are_answered_right():
    rng = Random(1)
    checked = 0
    for _ in range(500):
        task = arithmetic.generate(rng, World.of(Split.TRAINING))
        found = _EXPRESSION.search(task.question[-1].content or "")
        if found:
            a, b = int(found[1]), int(found[3])
            right = {"+": a + b, "-": a - b, "*": a * b}[found[2]]
            assert task.reference.content == str(right)
            checked += 1
    assert checked > 200


def test_a_sum_of_evaluation_is_never_one_of_training():
    def expressions(split: Split) -> set[tuple[str, str, str]]:
        rng, world = Random(2), World.of(split)
        texts = [arithmetic.generate(rng, world).question[-1].content or "" for _ in range(1500)]
        return {found.groups() for text in texts if (found := _EXPRESSION.search(text))}

    assert not expressions(Split.TRAINING) & expressions(Split.HELD_OUT)
