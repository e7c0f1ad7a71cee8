import json

import pytest

from understudy.data.files.parse import parse_chat_file
from understudy.data.files.validate import check_training_file
from understudy.errors import JobFailedError

GOOD = json.dumps(
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
).encode()


def refusal(lines: list[bytes], which: str = "training") -> JobFailedError:
    with pytest.raises(JobFailedError) as raised:
        check_training_file(parse_chat_file([b"\n".join(lines)]), which)  # type: ignore[arg-type]
    return raised.value


def test_ten_examples_are_enough():
    check_training_file(parse_chat_file([b"\n".join([GOOD] * 10)]))


def test_seven_examples_are_too_few():
    error = refusal([GOOD] * 7)
    assert error.message == "Training file has 7 example(s), but must have at least 10 examples"
    assert (error.code, error.param) == ("invalid_n_examples", "training_file")


def test_a_validation_file_may_be_small_but_not_empty():
    check_training_file(parse_chat_file([GOOD]), "validation")
    error = refusal([], "validation")
    assert (error.code, error.param) == ("invalid_n_examples", "validation_file")


def test_an_invalid_training_file_has_the_known_text():
    bad = b'{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}, {}]}'
    error = refusal([GOOD] * 9 + [bad])
    assert error.message == (
        "The job failed due to an invalid training file. "
        "Invalid file format. Example 10, message 3 Discriminator 'role' is missing in value"
    )
    assert (error.code, error.param) == ("invalid_training_file", "training_file")


def test_an_extra_key_has_the_known_text():
    error = refusal([GOOD[:-1] + b', "weight": 1}'])
    assert error.message == (
        "The job failed due to a file format error in the training file. "
        'Invalid file format. Example 1 contains an extra "weight".'
    )
    assert (error.code, error.param) == ("invalid_file_format", "training_file")


def test_a_validation_file_is_called_by_its_name():
    error = refusal([b"{"], "validation")
    assert error.message.startswith("The job failed due to an invalid validation file. ")
    assert (error.code, error.param) == ("invalid_validation_file", "validation_file")


def test_many_problems_are_counted_and_ten_are_shown():
    shown = refusal([b"{"] * 25).message.splitlines()
    assert len(shown) == 11
    assert shown[1].startswith("Example 2 cannot be parsed.")
    assert shown[-1] == "… and 15 more"
