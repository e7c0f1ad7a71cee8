"""Fuzzed lines and files: never a crash, and the verdict of the slow, obvious reference.

`FUZZ=full` checks 100,000 lines, 2,000 files and 20,000 images instead of a few thousand.
"""

import base64
import io
import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.unit.data import mutation, reference
from understudy.data.files.formats import Method
from understudy.data.files.parse import check_jsonl, parse_chat_file, parse_file
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.sources import ImageReference, LookedAtImages
from understudy.errors import InvalidRequestError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

IS_FULL = os.environ.get("FUZZ") == "full"
MUTATED_LINES = 90_000 if IS_FULL else 3_000
GENERATED_LINES = 10_000 if IS_FULL else 300
FILES = 2_000 if IS_FULL else 150
IMAGES = 20_000 if IS_FULL else 600

METHODS = [method.value for method in Method]
LINES = {kind: mutation.real_lines(kind) for kind in mutation.SEEDS}


def agree(content: bytes, method: str, chance: random.Random) -> None:
    """Fail unless the real checker says of every line what the reference says."""
    pieces = cut(content, chance)
    verdict = parse_file(pieces, Method(method))
    expected = reference.check(content, method)
    found = (
        sorted({problem.line for problem in verdict.problems}),
        [problem.line for problem in verdict.skipped],
        len(verdict.examples),
    )
    assert found == expected[1:], (method, content, verdict.problems[:3])
    read = parse_file([content], Method(method))
    assert (read.problems, read.examples) == (verdict.problems, verdict.examples)
    parse_chat_file([content])
    try:
        check_jsonl([content])
    except InvalidRequestError:
        assert verdict.problems or not content.strip(b"\xef\xbb\xbf\r\n\t ")


def cut(content: bytes, chance: random.Random) -> list[bytes]:
    if chance.random() < 0.5:
        return content.splitlines(keepends=True)
    size = chance.choice([1, 7, 100, 4096])
    return [content[start : start + size] for start in range(0, len(content), size)]


def kind_for(method: str, chance: random.Random) -> str:
    """Choose which real lines to begin with: mostly those of the method."""
    if chance.random() < 0.1:
        return chance.choice(list(LINES))
    return chance.choice(["supervised", "completion"]) if method == "supervised" else method


def test_mutated_lines_are_judged_as_the_reference_judges_them():
    for seed in range(MUTATED_LINES):
        chance = random.Random(seed)
        method = chance.choice([*METHODS, "supervised"])
        kind = kind_for(method, chance)
        # A good line first shows the format, so that the second is judged as one of it.
        first = chance.choice(LINES[kind])
        line = mutation.spoiled(chance.choice(LINES[kind]), chance)
        agree(first + b"\n" + line, method, chance)


def test_mutated_files_are_judged_as_the_reference_judges_them():
    for seed in range(FILES):
        chance = random.Random(-seed - 1)
        method = chance.choice(METHODS)
        kind = kind_for(method, chance)
        rows = [row(kind, chance) for _ in range(chance.randint(0, 24))]
        content = chance.choice([b"\n", b"\n", b"\r\n"]).join(rows)
        for _ in range(chance.choice([0, 0, 1, 4])):
            content = mutation.spoil_bytes(content, chance)
        start = chance.choice([b"", b"", b"\xef\xbb\xbf", b"\n"])
        agree(start + content + chance.choice([b"", b"\n", b"\n\n \n"]), method, chance)


def row(kind: str, chance: random.Random) -> bytes:
    if chance.random() < 0.05:
        return chance.choice([b"", b" ", b"{}", b"[]", b"\xef\xbb\xbf"])
    if chance.random() < 0.05:
        kind = chance.choice(list(LINES))
    line = chance.choice(LINES[kind])
    return line if chance.random() < 0.6 else mutation.spoiled(line, chance)


def test_mutated_images_are_judged_without_an_accident():
    kinds = {kind: drawn(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")}
    faults: set[str | None] = set()
    for seed in range(IMAGES):
        chance = random.Random(seed)
        content = kinds[chance.choice(list(kinds))]
        for _ in range(chance.randint(0, 4)):
            content = mutation.spoil_bytes(content, chance)
        url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        faults.add(image_fault(url))
        if chance.random() < 0.1:
            spoiled = mutation.spoil_bytes(url.encode(), chance).decode(errors="replace")
            faults.add(image_fault(spoiled))
    assert {None, "image_parse_error", "invalid_image_format", "invalid_image_url"} <= faults


def image_fault(url: str) -> str | None:
    try:
        LookedAtImages().image(ImageReference(address=url))
    except UnusableImageError as error:
        return error.fault.value
    return None


def drawn(kind: str) -> bytes:
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    image.save(file, kind)
    return file.getvalue()


SCALARS: st.SearchStrategy[Any] = (
    st.sampled_from(mutation.ODD) | st.text(max_size=5) | st.integers()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(mutation.KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from([*reference.ROLES, "bot"]),
        "content": st.sampled_from(["x", "", None, mutation.IMAGES]) | VALUES,
        "name": st.sampled_from(["f", "ann"]) | st.text(max_size=3),
        "tool_calls": st.sampled_from([[mutation.CALL], [], None]) | VALUES,
        "tool_call_id": st.sampled_from(["c1", "c2"]),
        "weight": st.sampled_from([0, 1, None, True]),
    },
)
OBJECTS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=4) | VALUES},
    optional={"tools": st.sampled_from([[mutation.TOOL], [], None]) | VALUES, "a": VALUES},
) | st.dictionaries(st.sampled_from(mutation.KEYS), VALUES, max_size=5)


@settings(
    max_examples=GENERATED_LINES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(value=OBJECTS, method=st.sampled_from(METHODS), has_first=st.booleans())
def test_generated_lines_are_judged_as_the_reference_judges_them(
    value: dict[str, Any], method: str, has_first: bool
):
    line = json.dumps(value).encode()
    content = LINES[method][0] + b"\n" + line if has_first else line
    agree(content, method, random.Random(0))
