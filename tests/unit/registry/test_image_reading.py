import json
from pathlib import Path
from typing import Any

import pytest

from understudy.registry import image_reading
from understudy.registry.catalogue import builtin_bases, catalogue_of
from understudy.registry.image_reading import reads_images


def directory(tmp_path: Path, config: Any) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


SEEING = {"architectures": ["SeeingForConditionalGeneration"], "vision_config": {}}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = frozenset({"SeeingForConditionalGeneration"})
    monkeypatch.setattr(image_reading, "IMAGE_ARCHITECTURES", known)


def test_a_known_architecture_with_a_vision_tower_reads_images(tmp_path: Path):
    assert reads_images(directory(tmp_path, SEEING))
    catalogue = catalogue_of({"seeing": tmp_path}, {}, {})
    assert catalogue.bases["seeing"].reads_images


@pytest.mark.parametrize(
    "config",
    [
        SEEING | {"architectures": ["OtherForConditionalGeneration"]},
        {"architectures": SEEING["architectures"]},
        SEEING | {"architectures": "SeeingForConditionalGeneration"},
        SEEING | {"architectures": [3]},
        ["vision_config"],
    ],
)
def test_any_other_configuration_reads_none(tmp_path: Path, config: Any):
    assert not reads_images(directory(tmp_path, config))


def test_a_directory_without_files_reads_none(tmp_path: Path):
    assert not reads_images(tmp_path / "away")


def test_models_of_text_read_none():
    assert not builtin_bases()["understudy-mini"].reads_images
