import numpy
import pytest
import torch
from PIL import Image as Pictures

from tests.lfm2_vl import own_image_processor
from understudy.chat.images.thumbnails import ThumbnailedImages
from understudy.chat.messages import Image, ImageDetail
from understudy.errors import InvalidRequestError
from understudy.modeling.vision.tile_pixels import TilePixels

SMALL = {
    "encoder_patch_size": 8,
    "tile_size": 32,
    "min_image_tokens": 4,
    "max_image_tokens": 16,
    "max_tiles": 6,
}


def settings_of(processor: dict[str, object]) -> ThumbnailedImages:
    config = {"vision_config": {"patch_size": processor.get("encoder_patch_size", 16)}}
    return ThumbnailedImages.read(config, {"image_processor": processor})


def noise(width: int, height: int) -> Pictures.Image:
    bytes_HWC = numpy.random.default_rng(width).integers(0, 256, (height, width, 3))
    return Pictures.fromarray(bytes_HWC.astype(numpy.uint8))


@pytest.mark.parametrize(
    ("processor", "sizes"),
    [
        ({}, [(900, 700)]),
        (SMALL, [(1, 1), (64, 64), (33, 40), (120, 90), (31, 300), (500, 77)]),
        (SMALL | {"use_thumbnail": False, "resample": 3, "image_std": [0.3, 0.2, 0.1]}, [(99, 99)]),
        (SMALL | {"do_image_splitting": False}, [(120, 90)]),
    ],
)
def test_pixels_are_bit_for_bit_those_of_transformers(
    processor: dict[str, object], sizes: list[tuple[int, int]]
):
    own = own_image_processor()(**processor)
    ours = TilePixels(settings_of(processor))
    for width, height in sizes:
        picture = noise(width, height)
        read, expected = ours.read(picture, ImageDetail.AUTO), own([picture], return_tensors="pt")
        assert read.keys() == expected.keys()
        assert all(torch.equal(read[name], expected[name]) for name in read), (width, height)


def test_a_picture_of_low_detail_is_read_whole():
    ours = TilePixels(settings_of(SMALL))
    parts = [
        len(ours.read(noise(120, 90), detail)["pixel_values"])
        for detail in (ImageDetail.LOW, ImageDetail.AUTO)
    ]
    assert parts == [1, 7]


def test_a_picture_that_is_too_long_for_the_model_is_refused():
    settings = settings_of(SMALL)
    with pytest.raises(InvalidRequestError, match=r"45 x 1621 .* 16 tokens of a picture"):
        settings.text_of(Image(sha256="", width=45, height=1621))
