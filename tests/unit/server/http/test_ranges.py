"""A range of any number of digits is read as what it asks for."""

import pytest
from fastapi import Request

from understudy.server.http.ranges import BodyPart, wanted_part

HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (f"bytes={HUGE}-", None),
        (f"bytes=-{HUGE}", BodyPart(0, 10, is_partial=True)),
        (f"bytes=8-{HUGE}", BodyPart(8, 10, is_partial=True)),
        (f"bytes={'0' * 5000}8-", BodyPart(8, 10, is_partial=True)),
        ("bytes=-0", None),
        ("bytes=5-4", None),
        ("bytes=\u0663-", BodyPart(0, 10, is_partial=False)),
    ],
)
def test_a_range_is_the_part_that_it_asks_for(header: str, part: BodyPart | None):
    headers = [(b"range", header.encode("latin-1", "replace"))]
    request = Request({"type": "http", "headers": headers})
    assert wanted_part(request, length=10, tag="t") == part
