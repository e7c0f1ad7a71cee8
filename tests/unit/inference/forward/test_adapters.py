import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from tests.unit.inference.conftest import save_adapter
from tests.unit.inference.support import PEFT_WARNING, answer_all, request_for
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.adapters import AdapterBank, AdapterLinear
from understudy.inference.limits import EngineLimits
from understudy.inference.versions import version_of

pytestmark = pytest.mark.filterwarnings(PEFT_WARNING)


def bank_for(base: Path, limit: int = 8) -> AdapterBank:
    return AdapterBank(AutoModelForCausalLM.from_pretrained(base), limit=limit)


def adapter_version(directory: Path):
    return version_of(str(directory), "adapter_model.safetensors")


def test_a_base_that_no_adapter_touched_keeps_its_plain_layers(llama: Path):
    engine = load_engine(llama, EngineLimits())
    answer_all(engine, [request_for(llama, [3, 4])])
    model = engine.bank._model
    assert not [layer for layer in model.modules() if isinstance(layer, AdapterLinear)]


def test_a_batch_of_the_base_alone_computes_nothing_of_the_adapters(
    llama: Path, adapters: list[Path]
):
    bank = bank_for(llama)
    bank.get(adapter_version(adapters[0]))
    bank.activate([None, None], [1, 5])
    assert bank.mix is None


def test_the_least_recently_used_adapter_leaves(llama: Path, adapters: list[Path]):
    bank = bank_for(llama, limit=2)
    first, second, third = map(adapter_version, adapters)
    kept = bank.get(first)
    bank.get(second)
    assert bank.get(first) is kept
    bank.get(third)
    assert len(bank) == 2
    assert bank.get(first) is kept


def test_another_adapter_in_the_same_place_is_read_anew(
    llama: Path, adapters: list[Path], tmp_path: Path
):
    place = tmp_path / "adapter"
    shutil.copytree(adapters[0], place)
    bank = bank_for(llama)
    before = bank.get(adapter_version(place))
    shutil.rmtree(place)
    shutil.copytree(adapters[1], place, copy_function=shutil.copyfile)
    assert bank.get(adapter_version(place)) is not before


def test_a_stack_is_kept_while_rows_of_its_adapters_come_and_go(llama: Path, adapters: list[Path]):
    bank = bank_for(llama)
    one, two, three = (bank.get(adapter_version(adapter)) for adapter in adapters)
    bank.activate([one, two, three], [1, 1, 1])
    assert bank.mix is not None
    layers = bank.mix.layers
    bank.activate([three, one], [1, 2])
    assert bank.mix.layers is layers
    assert bank.mix.foreign_1TW is not None
    own_1TW = ~bank.mix.foreign_1TW
    assert own_1TW.sum(-1)[0].tolist() == [three.width, one.width, one.width]


def test_an_adapter_for_another_base_is_refused(adapters: list[Path], model_directory):
    with pytest.raises(InvalidRequestError, match="does not belong to this base"):
        bank_for(model_directory("qwen3")).get(adapter_version(adapters[0]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"peft_type": "IA3"}, "peft_type"),
        ({"bias": "all"}, "bias"),
        ({"r": 5}, "another rank"),
    ],
)
def test_what_is_not_a_plain_lora_adapter_is_refused(
    change: dict[str, object], named: str, llama: Path, adapters: list[Path], tmp_path: Path
):
    place = shutil.copytree(adapters[0], tmp_path / "adapter")
    file = place / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InvalidRequestError, match=named):
        bank_for(llama).get(adapter_version(place))


@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning")
def test_tensors_that_would_be_left_out_are_refused(llama: Path, tmp_path: Path):
    place = save_adapter(
        llama, tmp_path / "adapter", rank=2, modules=["embed_tokens", "q_proj"], seed=1
    )
    with pytest.raises(InvalidRequestError, match="does not announce"):
        bank_for(llama).get(adapter_version(place))


def test_a_damaged_adapter_is_refused_and_named(llama: Path, adapters: list[Path], tmp_path: Path):
    place = shutil.copytree(adapters[0], tmp_path / "broken")
    (place / "adapter_model.safetensors").write_bytes(b"not tensors")
    with pytest.raises(InvalidRequestError, match="broken cannot be read"):
        bank_for(llama).get(adapter_version(place))


def test_weights_that_are_not_numbers_are_refused(
    llama: Path, adapters: list[Path], tmp_path: Path
):
    place = shutil.copytree(adapters[0], tmp_path / "adapter")
    weights = load_file(place / "adapter_model.safetensors")
    weights[next(iter(weights))][0, 0] = float("nan")
    save_file(weights, place / "adapter_model.safetensors")
    with pytest.raises(InvalidRequestError, match="damaged"):
        bank_for(llama).get(adapter_version(place))


def test_a_bank_of_bfloat16_keeps_its_adapters_in_it(llama: Path, adapters: list[Path]):
    model = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.bfloat16)
    adapter = AdapterBank(model, limit=1).get(adapter_version(adapters[0]))
    assert {a.dtype for a, _ in adapter.layers.values()} == {torch.bfloat16}
