import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy
import pytest
from PIL import Image, PngImagePlugin

from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.pictures import (
    MAX_ASPECT_RATIO,
    MAX_IMAGE_BYTES,
    MAX_PIXELS,
    read_picture,
)

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawn(mode: str = "RGB", size: tuple[int, int] = (6, 4)) -> Image.Image:
    return Image.new(mode, size)


def fault_of(content: bytes) -> ImageFault:
    with pytest.raises(UnusableImageError) as refused:
        read_picture(content)
    return refused.value.fault


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("MPO", "image/jpeg"),
    ],
)
def test_five_kinds_of_files_are_read(kind: str, media_type: str):
    picture = read_picture(encoded(Image.new("RGB", (6, 4), RED), kind))
    assert (picture.media_type, picture.pixels.size) == (media_type, (6, 4))
    red, green, blue = pixel(picture.pixels)
    assert red > 250
    assert max(green, blue) < 5


def pixel(image: Image.Image, at: tuple[int, int] = (0, 0)) -> Sequence[int]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return [int(value) for value in found]


def test_of_a_moving_picture_the_first_frame_is_seen():
    first, second = Image.new("RGB", (4, 4), RED), Image.new("RGB", (4, 4), BLUE)
    for kind in ("GIF", "WEBP", "PNG"):
        content = encoded(first, kind, save_all=True, append_images=[second], lossless=True)
        assert pixel(read_picture(content).pixels) == list(RED), kind


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_colour_mode_of_png_becomes_rgb(mode: str):
    assert read_picture(encoded(drawn(mode))).pixels.mode == "RGB"


def test_printing_colours_become_those_of_a_screen():
    content = encoded(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG")
    red, green, blue = pixel(read_picture(content).pixels)
    assert red > 200
    assert max(green, blue) < 80


def test_grey_of_16_bits_keeps_its_shades():
    values = numpy.array([[0, 0x8000, 0xFFFF]], dtype=numpy.uint16)
    seen = read_picture(encoded(Image.fromarray(values))).pixels
    assert [pixel(seen, (x, 0))[0] for x in range(3)] == [0, 128, 255]


def test_what_is_transparent_is_white_whatever_colour_hides_there():
    hidden = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert pixel(read_picture(encoded(hidden)).pixels) == list(WHITE)
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    content = encoded(palette, "GIF", transparency=0)
    assert pixel(read_picture(content).pixels) == list(WHITE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_sideways_is_turned_upright(kind: str):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    content = encoded(Image.new("RGB", (8, 4), RED), kind, exif=exif)
    assert read_picture(content).pixels.size == (4, 8)


def test_a_picture_with_more_pixels_than_may_be_is_never_decoded():
    png = bytearray(encoded(drawn()))
    png[16:24] = (100_000).to_bytes(4) * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4)
    assert fault_of(bytes(png)) is ImageFault.TOO_LARGE
    # The decoder of WEBP takes the memory for two such pictures before it has read one.
    webp = bytearray(encoded(drawn("RGBA"), "WEBP", exif=b"x"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = (0x3FFE).to_bytes(3, "little") * 2
    assert len(webp) < 200
    assert fault_of(bytes(webp)) is ImageFault.TOO_LARGE
    side = int(MAX_PIXELS**0.5)
    assert read_picture(encoded(drawn("1", (side, side)))).pixels.size == (side, side)
    assert fault_of(encoded(drawn("1", (side + 1, side + 1)))) is ImageFault.TOO_LARGE


def test_text_that_unpacks_to_gigabytes_is_refused():
    told = PngImagePlugin.PngInfo()
    told.add_text("comment", "a" * (PngImagePlugin.MAX_TEXT_CHUNK * 2), zip=True)
    assert fault_of(encoded(drawn(), pnginfo=told)) is ImageFault.UNREADABLE


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ImageFault.EMPTY),
        (b"0" * (MAX_IMAGE_BYTES + 1), ImageFault.FILE_TOO_LARGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ImageFault.INVALID_FORMAT),
        (b"%PDF-1.7", ImageFault.INVALID_FORMAT),
        (encoded(drawn(), "BMP"), ImageFault.INVALID_FORMAT),
        (encoded(drawn(), "TIFF"), ImageFault.INVALID_FORMAT),
        (b"\x89PNG\r\n\x1a\n", ImageFault.UNREADABLE),
        (encoded(drawn("1", (MAX_ASPECT_RATIO + 1, 1))), ImageFault.INVALID),
    ],
    ids=["empty", "large", "svg", "pdf", "bmp", "tiff", "header", "line"],
)
def test_what_cannot_be_used_has_a_code(content: bytes, fault: ImageFault):
    assert fault_of(content) is fault


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_file_that_is_cut_short_is_refused(kind: str):
    noise = numpy.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=numpy.uint8)
    content = encoded(Image.fromarray(noise), kind)
    assert fault_of(content[: len(content) // 2]) in (
        ImageFault.UNREADABLE,
        ImageFault.INVALID_FORMAT,
    )
