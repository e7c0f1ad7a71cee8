from itertools import islice

from built_in_models.pictures.corpus import (
    FAMILIES,
    NO_PICTURE,
    NOTHING_SEEN,
    READING,
    evaluation_conversations,
    training_conversations,
)
from built_in_models.pictures.drawing import BACKGROUND, BAR, DIGITS, SHAPES
from built_in_models.pictures.scenes import kinds
from built_in_models.pictures.task import PictureTask, is_correct
from built_in_models.world import Split


def drawn_kinds(tasks: list[PictureTask]) -> set[tuple[str, str]]:
    """Colors with shapes that appear in the pictures."""
    marks = {mark for task in tasks for drawing in task.pictures for mark in drawing.marks}
    return {(mark.color, mark.kind) for mark in marks if mark.kind in SHAPES}


def texts(tasks: list[PictureTask]) -> set[str]:
    """What is written on signs."""
    written = (
        "".join(mark.kind for mark in drawing.marks if mark.kind in DIGITS)
        for task in tasks
        for drawing in task.pictures
    )
    return {text for text in written if text}


def test_held_out_pictures_show_what_no_training_picture_shows():
    training = list(islice(training_conversations(1), 2_000))
    held_out = evaluation_conversations(2, 20)

    assert drawn_kinds(training) == set(kinds(Split.TRAINING))
    assert drawn_kinds(held_out) <= set(kinds(Split.HELD_OUT))
    assert not drawn_kinds(training) & drawn_kinds(held_out)
    assert not texts(training) & texts(held_out)


def test_every_shape_and_color_is_seen_in_training():
    seen = drawn_kinds(list(islice(training_conversations(1), 2_000)))

    assert {shape for _, shape in seen} == set(SHAPES)
    assert len({color for color, _ in seen}) == 12


def test_the_evaluation_asks_one_question_of_every_family():
    tasks = evaluation_conversations(2, 3)

    assert [task.family for task in tasks] == [name for name in FAMILIES for _ in range(3)]
    assert all(len(task.turns) == 1 for task in tasks)


def test_answers_tell_what_the_marks_say():
    for task in evaluation_conversations(3, 30):
        question, answer = task.turns[0]
        marks = [mark for drawing in task.pictures for mark in drawing.marks]
        things = [mark for mark in marks if mark.kind != BACKGROUND]
        if task.family == NO_PICTURE:
            assert (task.pictures, answer) == ((), NOTHING_SEEN)
        elif task.family == "number":
            assert answer == str(len(things))
        elif task.family == READING:
            assert answer == "".join(mark.kind for mark in things)
        elif task.family == "one_name":
            assert answer == f"a {things[0].color} {things[0].kind}"
        elif task.family == "color_of_several":
            assert [t.color for t in things if t.kind in question][:1] in ([answer], [])
        elif task.family == "bars_in_order":
            assert answer == ", ".join(mark.color for mark in things)
            assert {mark.kind for mark in things} == {BAR}


def test_the_same_seed_gives_the_same_conversations():
    one, two = (list(islice(training_conversations(7), 40)) for _ in range(2))

    assert [task.turns for task in one] == [task.turns for task in two]
    images = [[d.image.tobytes() for task in tasks for d in task.pictures] for tasks in (one, two)]
    assert images[0] == images[1]


def test_an_answer_is_right_to_the_letter():
    assert is_correct("red", " red\n")
    assert not is_correct("red", "Red")
    assert not is_correct("red", "a red circle")
