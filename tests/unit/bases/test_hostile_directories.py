"""Model directories made to harm are refused in words before anything is loaded from them."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.support import write_model_directory
from understudy.bases.directory import ModelDirectoryError, inspect_model_directory
from understudy.chat.rendering.template import ChatTemplate

DEEP = "[" * 100_000 + "]" * 100_000


def header(tensors: str | bytes, *, data: bytes = b"", length: int | None = None) -> bytes:
    body = tensors.encode() if isinstance(tensors, str) else tensors
    return struct.pack("<Q", len(body) if length is None else length) + body + data


def tensor(shape: Any = (2,), offsets: Any = (0, 8), dtype: Any = "F32") -> str:
    return json.dumps({"dtype": dtype, "shape": shape, "data_offsets": offsets})


EIGHT = bytes(8)
WEIGHTS = {
    "a header of 2^63 bytes": header("{}", length=2**63),
    "a header longer than the file": header("{}", length=1000),
    "a header of no bytes": header("", length=0),
    "a header nested 100,000 deep": header(DEEP),
    "a header that is no UTF-8": header(b'{"\xff": 1}'),
    "a negative shape": header(f'{{"w": {tensor((-2, -1))}}}', data=EIGHT),
    "a shape of text": header(f'{{"w": {tensor(("2",))}}}', data=EIGHT),
    "a shape of true": header(f'{{"w": {tensor((True, 2))}}}', data=EIGHT),
    "a shape of 10^18": header(f'{{"w": {tensor((10**18,))}}}', data=EIGHT),
    "a shape that overflows": header(f'{{"w": {tensor((2**32, 2**32, 0, 2))}}}', data=EIGHT),
    "a negative offset": header(f'{{"w": {tensor(offsets=(-8, 0))}}}'),
    "offsets backwards": header(f'{{"w": {tensor(offsets=(8, 0))}}}', data=EIGHT),
    "offsets of text": header(f'{{"w": {tensor(offsets=("0", "8"))}}}', data=EIGHT),
    "one offset": header(f'{{"w": {tensor(offsets=(8,))}}}', data=EIGHT),
    "two tensors in one place": header(f'{{"v": {tensor()}, "w": {tensor()}}}', data=EIGHT),
    "overlapping tensors": header(
        f'{{"v": {tensor()}, "w": {tensor(offsets=(4, 12))}}}', data=bytes(12)
    ),
    "a hole between tensors": header(
        f'{{"v": {tensor()}, "w": {tensor(offsets=(16, 24))}}}', data=bytes(24)
    ),
    "the same name twice": header(
        f'{{"w": {tensor()}, "w": {tensor(offsets=(8, 16))}}}', data=bytes(16)
    ),
    "an unknown type of numbers": header(f'{{"w": {tensor(dtype="EVIL")}}}', data=EIGHT),
    "bytes after the last tensor": header(f'{{"w": {tensor()}}}', data=bytes(80)),
    "a pickle by another name": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "a zip of pickles by another name": b"PK\x03\x04" + bytes(60),
    "a list": header("[]"),
    "a number of 5,000 digits": header('{"w": ' + "9" * 5000 + "}"),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model_directory(tmp_path_factory.mktemp("models") / "m")


@pytest.fixture
def refuses(model: Path) -> Callable[[str, bytes], None]:
    def refuses(name: str, content: bytes) -> None:
        path = model / name
        before = path.read_bytes() if path.is_file() else None
        path.write_bytes(content)
        try:
            with pytest.raises(ModelDirectoryError) as raised:
                inspect_model_directory(model)
        finally:
            path.unlink() if before is None else path.write_bytes(before)
        assert name in str(raised.value)
        assert len(str(raised.value)) < 1000

    return refuses


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_a_hostile_header_of_weights_is_refused(refuses: Callable[..., None], weights: bytes):
    refuses("model.safetensors", weights)


CODE = {
    "auto_map": {"auto_map": {"AutoModelForCausalLM": "evil.Model"}},
    "auto_map of another repository": {"auto_map": {"AutoConfig": "evil/evil--evil.Config"}},
    "auto_map deep inside": {"text_config": {"a": [{"auto_map": {"AutoModel": "x.Y"}}]}},
    "custom_pipelines": {"custom_pipelines": {"evil": {"impl": "evil.Pipe", "pt": ["AutoModel"]}}},
    "a generation of its own": {"custom_generate": "evil/evil"},
    "an attention from a hub": {"_attn_implementation": "evil/kernels:evil"},
    "an attention from a hub, inside": {"text_config": {"attn_implementation": "evil/flash"}},
}


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "generation_config.json"])
@pytest.mark.parametrize("asked", CODE.values(), ids=CODE)
def test_every_way_to_ask_for_code_of_the_models_own_is_refused(
    model: Path, refuses: Callable[..., None], name: str, asked: dict[str, Any]
):
    path = model / name
    config = json.loads(path.read_text()) if path.is_file() else {}
    refuses(name, json.dumps({**config, **asked}).encode())


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "tokenizer_config.json",
        "generation_config.json",
        "tokenizer.json",
        "model.safetensors.index.json",
    ],
)
@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"\xff\xfe", DEEP.encode(), b'{"a": ' + b"9" * 5000 + b"}", b'{"a": '],
    ids=["nothing", "list", "null", "no UTF-8", "100,000 deep", "5,000 digits", "half"],
)
def test_a_file_of_nonsense_is_refused_by_name(
    refuses: Callable[..., None], name: str, content: bytes
):
    refuses(name, content)


NUMBERS = {
    "a context of 10^400": {"max_position_embeddings": 10**400},
    "a negative context": {"max_position_embeddings": -1},
    "no context": {"max_position_embeddings": 0},
    "a context of text": {"max_position_embeddings": "1e9"},
    "a width of 10^18": {"hidden_size": 10**18},
    "a negative width": {"hidden_size": -64},
    "10^9 layers": {"num_hidden_layers": 10**9},
    "a vocabulary of 10^12": {"vocab_size": 10**12},
    "no heads": {"num_attention_heads": 0},
    "a rotation by NaN": {"rope_theta": float("nan")},
    "a rotation by infinity": {"rope_parameters": {"rope_theta": float("inf")}},
}


@pytest.mark.parametrize("asked", NUMBERS.values(), ids=NUMBERS)
def test_sizes_that_no_model_has_are_refused(
    model: Path, refuses: Callable[..., None], asked: dict[str, Any]
):
    config = json.loads((model / "config.json").read_text())
    refuses("config.json", json.dumps({**config, **asked}).encode())


DOUBLED = (
    "{{% set n = namespace(t='xx') %}}{{% for a in range(99) %}}{{% set n.t = n.t {} n.t %}}"
    "{{% endfor %}}"
)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__class__.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ (messages|attr('__class__')).__base__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% for a in range(10**9) %}{% for b in range(10**9) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 10**11 }}",
        "{{ range(10**10)|list }}",
        "{{ 9 ** 999999999 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ messages.append(1) }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ '{:{}}'.format(1, 999999999) }}",
        "{{ 'x'.center(10**9) }}",
        "{{ 'x'|center(10**9) }}",
        "{{ 'x'|indent(width=10**9, first=true) }}",
        DOUBLED.format("+"),
        DOUBLED.format("~"),
        "{{ " + "(" * 5000 + ")" * 5000 + " }}",
    ],
    ids=lambda text: text[:60],
)
def test_a_template_that_reaches_out_or_never_ends_is_refused(model: Path, template: str):
    path = model / "chat_template.jinja"
    before = path.read_bytes()
    path.write_text(template)
    try:
        with pytest.raises(ModelDirectoryError):
            inspect_model_directory(model)
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages|map(attribute='__class__')|list }}",
        "{{ '{0.__class__}'.format(messages) }}",
        "{{ lipsum.__globals__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ cycler.__init__ }}",
    ],
)
def test_a_template_sees_nothing_of_python(template: str):
    shown = ChatTemplate(f"<{template}>", {}).render([], [], add_generation_prompt=False)
    assert shown.replace("Undefined", "") in {"<>", "<[]>"}


def test_an_adapter_that_names_a_base_elsewhere_is_no_model(refuses: Callable[..., None]):
    refuses("adapter_config.json", b'{"base_model_name_or_path": "/etc", "peft_type": "LORA"}')
