import json
from pathlib import Path

import pytest
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from tests.seeing import FAMILIES, write_renderer
from understudy.chat.images.families import IMAGE_FAMILIES, image_tokens_of
from understudy.chat.named_templates.trial import Learns, examine
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.cli.models.own_tokens import compare_with_own
from understudy.errors import InvalidRequestError
from understudy.registry.image_reading import IMAGE_ARCHITECTURES, reads_images


def test_the_families_that_are_rendered_are_those_that_the_registry_announces(tmp_path: Path):
    names = {MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES[family] for family in IMAGE_FAMILIES}
    assert names == IMAGE_ARCHITECTURES
    assert IMAGE_FAMILIES.keys() == FAMILIES.keys()
    for family in FAMILIES:
        assert reads_images(write_renderer(tmp_path / family, family))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_without_the_settings_of_its_processor_is_refused(tmp_path: Path, family: str):
    directory = write_renderer(tmp_path, family)
    (directory / "preprocessor_config.json").unlink()
    with pytest.raises(InvalidRequestError, match=r"no preprocessor_config\.json"):
        image_tokens_of(directory)


@pytest.mark.parametrize("family", FAMILIES)
def test_settings_inside_of_those_of_the_processor_are_read_too(tmp_path: Path, family: str):
    directory = write_renderer(tmp_path, family)
    whole = image_tokens_of(directory)
    inner = json.loads((directory / "preprocessor_config.json").read_text())
    outer = json.loads((directory / "processor_config.json").read_text())
    (directory / "preprocessor_config.json").unlink()
    (directory / "processor_config.json").write_text(json.dumps(outer | {"image_processor": inner}))
    assert image_tokens_of(directory) == whole


@pytest.mark.parametrize(
    ("family", "changes", "cause"),
    [
        ("smolvlm", {"max_image_size": {"longest_edge": 64}}, "4 tokens for a tile.*16 features"),
        ("smolvlm", {"do_resize": False}, "does not resize"),
        ("qwen2_5_vl", {"patch_size": 14}, "patches of 14 pixels"),
        ("qwen3_vl", {"do_resize": False}, "does not resize"),
        ("lfm2_vl", {"encoder_patch_size": 16}, "patches of 16 pixels"),
        ("lfm2_vl", {"do_normalize": False}, "does not normalize"),
        ("lfm2_vl", {"resample": 1}, "neither bilinearly nor bicubically"),
        ("lfm2_vl", {"tile_size": 24}, "tiles of 24 pixels"),
        ("lfm2_vl", {"min_tiles": 9}, "9 to 6 tiles"),
        ("lfm2_vl", {"image_processor_type": "Siglip2ImageProcessor"}, "a Siglip2ImageProcessor"),
    ],
)
def test_settings_that_are_not_those_of_the_model_are_refused_by_name(
    tmp_path: Path, family: str, changes: dict[str, object], cause: str
):
    directory = write_renderer(tmp_path, family)
    file = directory / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    with pytest.raises(InvalidRequestError, match=cause):
        image_tokens_of(directory)


def test_a_model_of_text_reads_no_images(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    assert image_tokens_of(tmp_path) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_is_read_without_the_space_that_the_template_writes_before_it(
    tmp_path: Path, family: str
):
    renderer = ChatRenderer.from_directory(write_renderer(tmp_path, family))
    findings = examine(renderer)
    assert findings.learns is Learns.EVERY_TURN, findings.learns_problem


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_have_the_ids_of_transformers_also_where_a_template_takes_parts_only(
    tmp_path: Path, family: str
):
    directory = write_renderer(tmp_path, family)
    found = compare_with_own(ChatRenderer.from_directory(directory), directory)
    assert found.difference is None
