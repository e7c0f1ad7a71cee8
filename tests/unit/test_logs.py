import logging
import re
from collections.abc import Iterator

import pytest

from understudy.logs import configure_logging


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_one_line_with_the_time_in_utc(capsys: pytest.CaptureFixture[str]):
    configure_logging()
    logging.getLogger("understudy.test").info("hello")
    line = capsys.readouterr().err
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO +\d+ understudy\.test: hello\n", line
    )


def test_libraries_that_log_every_request_are_silenced(capsys: pytest.CaptureFixture[str]):
    configure_logging()
    logging.getLogger("httpx2").info("GET http://127.0.0.1/v1/files?after=secret")
    assert capsys.readouterr().err == ""
