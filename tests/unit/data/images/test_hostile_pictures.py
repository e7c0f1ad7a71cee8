"""A thousand pictures that a seed spoils: each is read or refused, and memory stays bounded."""

import io
import random
import resource
import subprocess
import sys
import zlib

from PIL import Image

from tests.pictures import drawn
from tests.unit.data import mutation
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.pictures import MAX_PIXELS, read_picture

PICTURES = 1000
MAX_GROWTH_BYTES = 400 * 1024 * 1024
"""Pillow's copies of one picture of MAX_PIXELS, and what lies around them."""


def good(chance: random.Random) -> bytes:
    kind = chance.choice(["PNG", "JPEG", "WEBP", "GIF"])
    mode = chance.choice({"JPEG": ["RGB", "L", "CMYK"]}.get(kind, ["RGB", "RGBA", "P", "L", "1"]))
    size = (chance.randint(1, 40), chance.randint(1, 40))
    image = Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).convert(
        mode if mode != "CMYK" else "RGB"
    )
    file = io.BytesIO()
    (image.convert("CMYK") if mode == "CMYK" else image).save(file, kind)
    return file.getvalue()


def of_claimed_size(chance: random.Random) -> bytes:
    """Return a small PNG whose header claims any size, with the right check sum."""
    png = bytearray(drawn())
    side = chance.choice([1, 6000, 6001, 30_000, 100_000, 2**31 - 1, 2**32 - 1])
    png[16:20] = side.to_bytes(4)
    png[20:24] = chance.choice([1, side]).to_bytes(4)
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4)
    return bytes(png)


def bomb(chance: random.Random) -> bytes:
    """Return a few kilobytes of a picture that is large and empty."""
    side = chance.choice([3000, 5999, 6001, 9000])
    file = io.BytesIO()
    Image.new(chance.choice(["1", "P"]), (side, side)).save(file, chance.choice(["PNG", "GIF"]))
    return file.getvalue()


def hostile(seed: int) -> bytes:
    chance = random.Random(seed)
    draw = chance.random()
    if draw < 0.01:
        return bomb(chance)
    if draw < 0.15:
        return of_claimed_size(chance)
    content = good(chance)
    if draw < 0.3:
        return content[: chance.randint(0, len(content))]
    if draw < 0.4:
        return content + good(chance)
    if draw < 0.45:
        return chance.choice([b"<svg/>", b"%PDF-1.7", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"BM"])
    for _ in range(chance.randint(1, 6)):
        content = mutation.spoil_bytes(content, chance)
    return content


def judge_all() -> None:
    """Judge every picture and print how often each came out, and how much memory it took."""
    outcomes: dict[str, int] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(PICTURES):
        try:
            pixels = read_picture(hostile(seed)).pixels
            assert pixels.mode == "RGB"
            assert pixels.width * pixels.height <= MAX_PIXELS
            outcome = "read"
        except UnusableImageError as error:
            outcome = error.fault.value
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    found = " ".join(f"{name}={count}" for name, count in outcomes.items())
    sys.stdout.write(f"{grown} {found}\n")


def test_a_thousand_hostile_pictures_are_read_or_refused_within_bounds():
    script = "from tests.unit.data.images.test_hostile_pictures import judge_all; judge_all()"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    grown, *outcomes = ended.stdout.split()
    assert int(grown) * 1024 <= MAX_GROWTH_BYTES
    counts = dict(outcome.split("=") for outcome in outcomes)
    assert sum(map(int, counts.values())) == PICTURES
    for outcome in ("read", "image_parse_error", "invalid_image_format", "image_too_large"):
        assert int(counts[outcome]) >= 10, counts
