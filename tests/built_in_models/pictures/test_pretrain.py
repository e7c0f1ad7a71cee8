from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from built_in_models.pictures import pretrain as pretraining
from built_in_models.pictures.drawing import COLORS, KINDS, Canvas
from built_in_models.pictures.files import write_files
from built_in_models.pictures.pretrain import pretrain
from built_in_models.pictures.recipe import VISION_NANO
from built_in_models.pictures.tower import labelled
from understudy.registry.catalogue import builtin_bases

NANO = builtin_bases()["understudy-nano"].directory
MINUTE = replace(
    VISION_NANO,
    tower_size=32,
    tower_width=32,
    tower_layers=1,
    tower_heads=2,
    tower_steps=2,
    pictures_per_tower_step=2,
    steps=2,
    pictures_per_step=2,
    texts_per_step=1,
)


class StoppedError(Exception):
    """The machine went away."""


def trained(directory: Path) -> dict[str, torch.Tensor]:
    write_files(MINUTE, NANO, directory)
    MINUTE.config().save_pretrained(directory)
    return pretrain(MINUTE, NANO, directory, lambda _: None).state_dict()


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = trained(tmp_path / "whole")
    monkeypatch.setattr(pretraining, "_KEEP_EVERY", 1)
    keep, kept = pretraining._Stage._keep, 0

    def keep_and_stop(self, step, optimizer):
        nonlocal kept
        keep(self, step, optimizer)
        kept += 1
        if kept in (1, 3):
            raise StoppedError

    monkeypatch.setattr(pretraining._Stage, "_keep", keep_and_stop)
    for _ in range(2):
        with pytest.raises(StoppedError):
            trained(tmp_path / "parts")
    parts = trained(tmp_path / "parts")

    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    assert not list((tmp_path / "parts").glob("*.pt"))


def test_patches_are_labelled_with_the_thing_that_covers_them():
    canvas = Canvas(Random(1), "white")
    canvas.bar("red", 0.0, 0.5, 0.0, 1.0)
    labels = labelled([canvas.drawing()], 8)

    kinds = np.array(KINDS)[labels.kinds_PN[0].reshape(8, 8).numpy()]
    colors = np.array(COLORS)[labels.colors_PN[0].reshape(8, 8).numpy()]
    assert (kinds[:, :4] == "bar").all()
    assert (kinds[:, 5:] == "background").all()
    assert (colors[:, :4] == "red").all()
    assert (colors[:, 5:] == "white").all()
    assert labels.pixels_PCSS.shape == (1, 3, 64, 64)
