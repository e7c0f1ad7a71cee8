import time

import pytest

from understudy.bases.child_process import (
    ChildFailedError,
    ChildStalledError,
    Watch,
    result_of,
    run_child,
)


def watch(stall_seconds: float = 60.0, seen: list[int] | None = None) -> Watch:
    return Watch(lambda: 0, (seen if seen is not None else []).append, stall_seconds)


def test_what_a_process_prints_is_returned_and_its_last_line_is_the_result():
    output = run_child(("-c", "print('noise'); print('{\"a\": 1}')"), watch())
    assert result_of(output) == {"a": 1}


def test_a_process_that_fails_says_why():
    with pytest.raises(ChildFailedError, match="ValueError: no such thing"):
        run_child(("-c", "raise ValueError('no such thing')"), watch())
    with pytest.raises(ChildFailedError, match="exit code 3"):
        run_child(("-c", "import sys; sys.exit(3)"), watch())
    with pytest.raises(ChildFailedError, match="without a result"):
        result_of("not json")


def test_a_process_that_makes_no_progress_is_stopped():
    begin = time.monotonic()
    with pytest.raises(ChildStalledError, match="no progress for 1 seconds"):
        run_child(("-c", "import time; time.sleep(100)"), watch(1.0))
    assert time.monotonic() - begin < 20


def test_a_process_that_grows_is_not_stopped():
    counts = iter(range(1000))
    seen: list[int] = []
    grows = Watch(lambda: next(counts), seen.append, 0.1)
    run_child(("-c", "import time; time.sleep(1)"), grows)
    assert seen == sorted(seen)
    assert seen
