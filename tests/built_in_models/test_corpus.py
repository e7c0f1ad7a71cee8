import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from built_in_models import vocabulary
from built_in_models.checks import SameCall
from built_in_models.corpus import FAMILIES, evaluation_tasks, training_tasks
from built_in_models.families.tools.schemas import KEPT_OUT_TOOL
from built_in_models.kept_out import KEPT_OUT_FAMILIES
from built_in_models.task import Task, assistant, calling, is_correct
from built_in_models.world import Split, World, split_of
from understudy.chat.messages import Message, Role


@pytest.fixture(scope="module")
def stream() -> list[Task]:
    return list(islice(training_tasks(1), 8000))


@pytest.fixture(scope="module")
def evaluation() -> list[Task]:
    return evaluation_tasks(1, 40)


def _texts(task: Task) -> Iterator[str]:
    for message in task.messages:
        yield message.content or ""
        for call in message.tool_calls:
            yield call.name
            yield call.arguments
    for tool in task.tools:
        yield f"{tool.name} {tool.description} {json.dumps(tool.parameters, ensure_ascii=False)}"


def test_the_same_seed_gives_the_same_tasks_and_another_seed_others():
    first, again, other = (list(islice(training_tasks(seed), 300)) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    assert evaluation_tasks(5, 3) == evaluation_tasks(5, 3)


def test_every_family_streams_in_about_its_share(stream: list[Task]):
    counts = Counter(task.family for task in stream)
    total_weight = sum(family.weight for family in FAMILIES.values())
    assert counts.keys() == FAMILIES.keys()
    for name, family in FAMILIES.items():
        assert counts[name] / len(stream) == pytest.approx(family.weight / total_weight, rel=0.35)


def test_evaluation_asks_each_family_the_same_number_of_tasks(evaluation: list[Task]):
    assert Counter(task.family for task in evaluation) == dict.fromkeys(FAMILIES, 40)


def test_every_reference_answer_passes_its_own_check(stream: list[Task], evaluation: list[Task]):
    assert all(is_correct(task, task.reference) for task in [*stream, *evaluation])


def test_a_damaged_answer_fails_the_check(evaluation: list[Task]):
    for task in evaluation:
        assert not is_correct(task, _damaged(task.reference)), task.reference
        assert not is_correct(task, assistant(""))
        assert not is_correct(task, replace(task.reference, role=Role.USER))


def test_the_answer_of_another_task_hardly_ever_passes(evaluation: list[Task]):
    """Yes and no, labels and small numbers may coincide; names and calls may not."""
    for task, other in zip(evaluation, evaluation[40:] + evaluation[:40], strict=True):
        assert task.family != other.family
        if isinstance(task.check, SameCall):
            assert not is_correct(task, other.reference)


def _damaged(answer: Message) -> Message:
    if answer.tool_calls:
        call = answer.tool_calls[0]
        return calling(call.name, json.dumps({**json.loads(call.arguments), "more": "x"}))
    return assistant((answer.content or "") + " qx")


def test_the_last_turn_answers_and_the_first_user_turn_comes_before_it(stream: list[Task]):
    for task in stream:
        roles = [message.role for message in task.messages]
        assert roles[-1] is Role.ASSISTANT
        assert Role.USER in roles
        assert Role.SYSTEM not in roles[1:]


def test_no_held_out_name_or_city_occurs_in_training(stream: list[Task]):
    held_out = World.of(Split.HELD_OUT)
    everyday = _everyday_words()
    names = {*held_out.first_names, *held_out.surnames, *(city for city, _ in held_out.places)}
    text = "\n".join(part for task in stream for part in _texts(task))
    seen = set(re.findall(r"[^\W_]+(?:'[^\W_]+)?", text))
    assert len(names) > 80
    assert not {name for name in names if name in seen} - everyday


def test_the_new_words_of_evaluation_answers_never_occur_in_training(
    stream: list[Task], evaluation: list[Task]
):
    trained = {word for task in stream for part in _texts(task) for word in _long_words(part)}
    repeated = [task for task in evaluation if task.family == "copying"]
    new = {word for task in repeated for word in _long_words(task.reference.content or "")}
    held_out = {word for word in new if split_of(word) is Split.HELD_OUT}
    assert len(held_out) > 20
    assert not held_out & trained - _everyday_words()


def _long_words(text: str) -> list[str]:
    return [word for word in text.split() if len(word) >= 5 and word.isalpha()]


def _everyday_words() -> set[str]:
    """Words of the templates: they are language, not entities."""
    countries = {word for country in vocabulary.COUNTRIES for word in country.split()}
    return {*countries, *vocabulary.CITY_PREFIXES, *vocabulary.CITY_SUFFIXES, "Long", "Nice"}


def test_kept_out_families_do_not_occur_in_training(stream: list[Task]):
    assert not FAMILIES.keys() & KEPT_OUT_FAMILIES.keys()
    text = "\n".join(part for task in stream for part in _texts(task))
    assert not re.search(rf"\b{KEPT_OUT_TOOL}\b(?!_)", text)
    assert "Brine" not in text
    assert not re.search(r"#[A-Z]+/P\d/", text)
    assert '"customer": {' not in text


def test_most_tasks_ask_for_words_that_training_could_not_show(evaluation: list[Task]):
    """An answer copies when it holds a held-out word that its question holds too."""
    weights = {name: family.weight for name, family in FAMILIES.items()}
    copied = Counter(task.family for task in evaluation if _copies(task))
    share = sum(weights[name] * copied[name] / 40 for name in weights) / sum(weights.values())
    assert share > 0.5


def _copies(task: Task) -> bool:
    answer = task.reference.content or task.reference.tool_calls[0].arguments
    asked = " ".join(message.content or "" for message in task.question)
    words = re.findall(r"[^\W\d]{3,}", answer)
    return any(word in asked and word not in ("the", "and") for word in words)
