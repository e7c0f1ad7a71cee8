import re
from random import Random

from built_in_models.families.texts import forms
from built_in_models.task import Task
from built_in_models.world import Split, World

_CODED_WORD = re.compile(r"(\w+)(?: = |: | -> |=| is )([^\s,]+)(?:, |$)")


def _tasks() -> list[Task]:
    rng = Random(1)
    return [forms.generate(rng, World.of(Split.HELD_OUT)) for _ in range(500)]


def test_the_code_of_the_word_in_the_message_is_the_one_in_the_answer():
    checked = 0
    for task in _tasks():
        instruction, _, listed = (task.messages[0].content or "").partition("\n")
        if len(task.messages) != 3 or not listed:
            continue
        codes = dict(_CODED_WORD.findall(listed.partition(": ")[2]))
        said = set(re.findall(r"\w+", task.question[-1].content or ""))
        (word,) = [word for word in codes if word in said]
        assert instruction
        assert codes[word] in (task.reference.content or "")
        checked += 1
    assert checked > 50


def test_every_word_of_the_answer_stands_in_the_instruction_or_in_the_message():
    for task in _tasks():
        shown = " ".join(message.content or "" for message in task.question)
        words = re.findall(r"[^\W_]+", task.reference.content or "")
        assert all(word.lower() in shown.lower() for word in words)
