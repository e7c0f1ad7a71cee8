"""All weights trained: what is written, loaded, resumed and continued."""

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.tiny import examples, llama, write_renderer
from tests.unit.training.test_supervised import Recorder
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import LoadedBase, load_base
from understudy.modeling.tensors import read_tensors
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.reporting import StopTraining
from understudy.training.supervised import Examples, train_supervised


def plan(tuning: Tuning, multiplier: float = 1.0) -> SupervisedPlan:
    requested = JobHyperparameters(n_epochs=3, batch_size=2, learning_rate_multiplier=multiplier)
    return plan_supervised(requested, example_count=12, hidden_size=32, seed=7, tuning=tuning)


@pytest.fixture(scope="module")
def base_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = write_renderer(tmp_path_factory.mktemp("bases") / "tiny")
    llama().save_pretrained(directory)
    return directory


def train(
    base_directory: Path,
    directory: Path,
    recorder: Recorder,
    tuning: Tuning | None = None,
    dtype: torch.dtype = torch.float32,
    multiplier: float = 1.0,
    **changes: object,
) -> Recorder:
    train_supervised(
        plan(tuning or FullTuning(), multiplier),
        load_base(base_directory, dtype),
        Examples(training=examples(12), validation=[]),
        recorder,
        directory=directory,
        base_name="tiny",
        **changes,
    )
    return recorder


@pytest.fixture(scope="module")
def whole(base_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    return train(base_directory, tmp_path_factory.mktemp("whole"), Recorder())


TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


def test_plain_transformers_loads_the_model_that_was_trained(base_directory: Path, tmp_path: Path):
    run = Recorder()
    base = load_base(base_directory, torch.float32)
    train_supervised(
        plan(FullTuning()),
        base,
        Examples(training=examples(12), validation=[]),
        run,
        directory=tmp_path,
        base_name="tiny",
    )

    theirs = AutoModelForCausalLM.from_pretrained(run.checkpoints[-1].directory)

    assert theirs.config._attn_implementation != PACKED_ATTENTION
    trained = base.model(input_ids=TOKENS).logits
    torch.testing.assert_close(theirs(input_ids=TOKENS).logits, trained, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(trained, llama()(input_ids=TOKENS).logits, atol=1e-2)


def test_a_whole_model_reads_conversations_as_its_base_does(base_directory: Path, whole: Recorder):
    directory = whole.checkpoints[-1].directory

    assert ChatRenderer.from_directory(directory).hash == (
        ChatRenderer.from_directory(base_directory).hash
    )
    copied = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    for name in copied:
        assert (directory / name).read_bytes() == (base_directory / name).read_bytes()


def test_only_the_weights_lie_beside_the_configuration(whole: Recorder):
    directory = whole.checkpoints[-1].directory

    assert [file.name for file in directory.glob("*.safetensors")] == ["model.safetensors"]
    assert (directory / "training_state" / "optimizer.safetensors").is_file()
    assert "model.safetensors" in json.loads((directory / "manifest.json").read_text())


def test_a_killed_run_over_all_weights_ends_bit_equal_to_an_uninterrupted_one(
    base_directory: Path, tmp_path: Path, whole: Recorder
):
    with pytest.raises(StopTraining):
        train(base_directory, tmp_path, Recorder(stop_before=16))

    resumed = train(base_directory, tmp_path, Recorder(), resume_from=tmp_path / "step-12")

    assert resumed.steps == whole.steps[12:]
    ours, theirs = (
        read_tensors(run.checkpoints[-1].directory / "model.safetensors")
        for run in (resumed, whole)
    )
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_resumed_run_in_bfloat16_goes_on_from_its_masters(base_directory: Path, tmp_path: Path):
    once = train(base_directory, tmp_path / "a", Recorder(), dtype=torch.bfloat16)
    with pytest.raises(StopTraining):
        train(base_directory, tmp_path / "b", Recorder(stop_before=14), dtype=torch.bfloat16)

    resumed = train(
        base_directory,
        tmp_path / "b",
        Recorder(),
        dtype=torch.bfloat16,
        resume_from=tmp_path / "b" / "step-12",
    )

    assert resumed.steps == once.steps[12:]
    weights = read_tensors(resumed.checkpoints[-1].directory / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}


def test_training_goes_on_from_a_whole_model_as_from_any_base(base_directory: Path, tmp_path: Path):
    before = train(base_directory, tmp_path / "first", Recorder(), multiplier=20)

    after = train(before.checkpoints[-1].directory, tmp_path / "second", Recorder())

    assert after.steps[0].train_loss < before.steps[0].train_loss * 0.9


def test_an_adapter_becomes_part_of_the_weights_that_are_trained(
    base_directory: Path, tmp_path: Path
):
    tuned = train(base_directory, tmp_path / "lora", Recorder(), LoraTuning(rank=4), multiplier=8)
    adapter = tuned.checkpoints[-1].directory

    further = train(
        base_directory, tmp_path / "a", Recorder(), LoraTuning(rank=4), continue_from=adapter
    )
    merged = train(base_directory, tmp_path / "b", Recorder(), continue_from=adapter)

    assert merged.steps[0].train_loss == pytest.approx(further.steps[0].train_loss, rel=1e-5)
    assert merged.steps[0].train_loss < tuned.steps[0].train_loss
    assert (merged.checkpoints[-1].directory / "model.safetensors").is_file()


def test_weights_that_are_shared_are_written_once_and_stay_shared(tmp_path: Path):
    directory = write_renderer(tmp_path / "base")
    llama(tie_word_embeddings=True).save_pretrained(directory)

    run = train(directory, tmp_path / "run", Recorder())

    model = AutoModelForCausalLM.from_pretrained(run.checkpoints[-1].directory)
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_chosen_layers_alone_are_adapted(base_directory: Path, tmp_path: Path):
    tuning = LoraTuning(rank=2, alpha=6.0, targets=("q_proj", "v_proj"))
    run = train(base_directory, tmp_path, Recorder(), tuning)

    config = json.loads((run.checkpoints[-1].directory / "adapter_config.json").read_text())

    assert (config["r"], config["lora_alpha"]) == (2, 6.0)
    assert config["target_modules"] == ["q_proj", "v_proj"]


def test_an_adapter_carries_the_chat_template_that_it_was_trained_with(
    base_directory: Path, tmp_path: Path
):
    run = train(base_directory, tmp_path, Recorder(), LoraTuning(rank=2))

    written = run.checkpoints[-1].directory / "chat_template.jinja"
    assert written.read_text() == (base_directory / "chat_template.jinja").read_text()


def test_the_base_has_no_gradients_after_a_run_over_all_weights(
    base_directory: Path, tmp_path: Path
):
    base = load_base(base_directory, torch.float32)
    with pytest.raises(StopTraining):
        train_supervised(
            plan(FullTuning()),
            LoadedBase(directory=base_directory, model=base.model, dtype=base.dtype),
            Examples(training=examples(12), validation=[]),
            Recorder(stop_before=3),
            directory=tmp_path,
            base_name="tiny",
        )
    assert not any(p.requires_grad or p.grad is not None for p in base.model.parameters())
