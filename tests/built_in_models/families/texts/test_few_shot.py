import re
from random import Random

from built_in_models.families.texts import few_shot
from built_in_models.world import Split, World
from understudy.chat.messages import Role


def test_every_new_word_of_the_answer_stands_in_the_conversation():
    rng = Random(1)
    for _ in range(500):
        task = few_shot.generate(rng, World.of(Split.HELD_OUT))
        shown = " ".join(message.content or "" for message in task.question)
        words = re.findall(r"[^\W_]+", task.reference.content or "")
        assert words
        assert all(word in shown for word in words)


def test_examples_are_shown_as_turns_and_in_the_system_prompt_and_in_the_question():
    rng = Random(2)
    tasks = [few_shot.generate(rng, World.of(Split.TRAINING)) for _ in range(200)]
    assert any(task.messages[1].role is Role.ASSISTANT for task in tasks)
    assert any(task.messages[0].role is Role.SYSTEM for task in tasks)
    assert any(len(task.messages) == 2 for task in tasks)
