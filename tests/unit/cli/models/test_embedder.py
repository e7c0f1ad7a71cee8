"""Embedding models added by the command: a directory, and a known one out of a wheel."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from tests.embedders import write_embedder
from tests.unit.cli.support import run, words
from understudy.bases import embedders
from understudy.bases.embedders import KnownEmbedder
from understudy.config.source import load_settings
from understudy.registry.embedders import Pooling, read_shape


def add(home: Path, *arguments: str):
    return run("models", "add-embedder", *arguments, "--home", str(home))


def test_a_directory_is_added_as_it_is(tmp_path: Path):
    home, source = tmp_path / "home", write_embedder(tmp_path / "m")
    home.mkdir()
    added = add(home, "mine", "--directory", str(source))
    assert added.exit_code == 0
    assert "vectors of 16 numbers, texts of up to 12 tokens" in words(added.output)
    assert load_settings(home).embedders == {"mine": source}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("mine",), "'mine' is not a known embedding model; known are all-minilm-l6-v2"),
        (("mine", "--directory", "/nowhere"), "modules.json is missing"),
        (("understudy-mini", "--directory", "/nowhere"), "is a built-in base model"),
        (("a b", "--directory", "/nowhere"), "is not a valid model name"),
    ],
)
def test_what_cannot_be_added_is_refused(tmp_path: Path, arguments: tuple[str, ...], why: str):
    refused = add(tmp_path, *arguments)
    assert refused.exit_code == 1
    assert why in words(refused.output)
    assert load_settings(tmp_path).embedders == {}


def test_another_pooling_is_refused_by_name(tmp_path: Path):
    source = write_embedder(tmp_path / "m", pooling="max_tokens")
    refused = add(tmp_path, "mine", "--directory", str(source))
    assert "(pooling_mode_max_tokens); supported is one of" in words(refused.output)


def test_a_known_one_is_taken_out_of_its_wheel_where_the_hub_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = write_embedder(tmp_path / "m")
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    index = tmp_path / "index"
    index.mkdir()
    about = "tiny_embedder-1.0.dist-info"
    with zipfile.ZipFile(index / "tiny_embedder-1.0-py3-none-any.whl", "w") as wheel:
        for file in files:
            wheel.write(file, f"tiny_embedder/{file.relative_to(source)}")
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-embedder\nVersion: 1.0\n"
        )
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    known = KnownEmbedder(
        name="tiny-embedder",
        hub_id="nobody/tiny-embedder",
        licence="Apache-2.0",
        parameters=1,
        requirement="tiny-embedder==1.0",
        folder="tiny_embedder",
        files=tuple(
            (
                str(file.relative_to(source)),
                file.stat().st_size,
                hashlib.sha256(file.read_bytes()).hexdigest(),
            )
            for file in files
        ),
    )
    monkeypatch.setattr(embedders, "KNOWN", (known,))
    added = add(tmp_path / "home", "tiny-embedder")
    assert added.exit_code == 0, added.output
    assert "The hub is unreachable" in words(added.output)
    directory = load_settings(tmp_path / "home").embedders["tiny-embedder"]
    assert (directory / "1_Pooling" / "config.json").is_file()
    again = add(tmp_path / "home", "tiny-embedder")
    assert "nothing was fetched again" in words(again.output)


def test_a_base_makes_vectors_under_another_name(tmp_path: Path):
    added = add(tmp_path, "vectors", "--base", "understudy-nano", "--pooling", "last")
    assert added.exit_code == 0
    assert "was not taught to make vectors" in words(added.output)
    shape = read_shape(load_settings(tmp_path).embedders["vectors"])
    assert (shape.pooling, shape.is_normalized) == (Pooling.LAST, True)
    refused = add(tmp_path, "others", "--base", "nobody/knows")
    assert refused.exit_code == 1
    assert "is no base of this server" in words(refused.output)
