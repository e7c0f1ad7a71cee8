"""Whole jobs: of all weights, on texts, of models that are not packed, with too little memory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, Lfm2Config

from tests import tiny
from tests.unit.inference.support import answer_all, request_for
from tests.unit.worker.support import Home, chat_lines, open_home, write_base
from understudy.answering.models import ServedModels
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.inference.engine.bases import load_engine
from understudy.inference.limits import EngineLimits
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.storage.files.files import get_file
from understudy.storage.tables.jobs import JobRow
from understudy.training import supervised
from understudy.training.losses import LossSum
from understudy.training.resume import has_state
from understudy.worker.trainer.bases import WarmBases
from understudy.worker.trainer.reporter import JobReporter

FULL = FullTuning()


def catalogue(home: Home, tuning: Tuning) -> Catalogue:
    base = BaseModel(
        name="tiny", directory=home.base_directory, created=1, is_builtin=False, tuning=tuning
    )
    return Catalogue(bases={"tiny": base}, aliases={})


def ask(
    home: Home,
    tuning: Tuning,
    model: str = "tiny",
    epochs: int = 2,
    *,
    lines: bytes | None = None,
    speed: float = 4.0,
) -> JobRow:
    new = NewJob(
        model=model,
        training_file=home.add_file(lines or chat_lines(10)),
        hyperparameters=JobHyperparameters(
            n_epochs=epochs, batch_size=5, learning_rate_multiplier=speed
        ),
        organization="personal",
        seed=7,
    )
    return create_job(home.database, catalogue(home, tuning), home.project, new)


def done(home: Home, tuning: Tuning, model: str = "tiny") -> JobRow:
    job = ask(home, tuning, model)
    home.attempt()
    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    return ended


def explained(home: Home, job: JobRow) -> str:
    return next(text for text in home.messages(job.id) if text.startswith("Hyperparameters"))


def first_loss(home: Home, job: JobRow) -> float:
    data = next(event.data for event in home.events(job.id) if event.type == "metrics")
    assert data is not None
    return data["train_loss"]


def served_directory(home: Home, job: JobRow) -> Path:
    served = ServedModels(
        database=home.database,
        catalogue=lambda: catalogue(home, FULL),
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=1, blobs=home.context.blobs),
    ).find_own(home.project, job.fine_tuned_model or "")
    assert served.weights.adapter is None
    return Path(served.weights.base_directory)


def test_a_job_over_all_weights_makes_a_model_that_the_engine_serves_as_a_base(home: Home):
    job = done(home, FULL)

    directory = served_directory(home, job)
    assert explained(home, job).endswith("trained: all weights")
    assert directory == home.context.models_directory / job.id / "step-4"
    (answer,) = answer_all(
        load_engine(directory, EngineLimits()), [request_for(directory, [5, 6, 7])]
    )
    theirs = AutoModelForCausalLM.from_pretrained(directory)
    logits = theirs(input_ids=torch.tensor([[5, 6, 7]])).logits[0, -1]
    assert answer.tokens[0] == int(logits.argmax())


def test_a_running_job_keeps_two_states_to_go_on_from_and_an_ended_one_none(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    seen: list[int] = []
    job = ask(home, FULL, epochs=3)
    directories = [home.context.models_directory / job.id / f"step-{n}" for n in (2, 4, 6)]
    usual = JobReporter.succeeded

    def count_first(reporter: JobReporter, trained_tokens: int) -> None:
        seen.append(sum(map(has_state, directories)))
        usual(reporter, trained_tokens)

    monkeypatch.setattr(JobReporter, "succeeded", count_first)
    home.attempt()
    assert seen == [2]
    assert not any(map(has_state, directories))


def test_a_job_after_one_over_all_weights_begins_at_the_base_again(home: Home):
    first = done(home, FULL)
    second = done(home, FULL)
    assert first_loss(home, second) == first_loss(home, first)


def test_the_training_of_a_job_is_decided_when_it_is_created(home: Home):
    job = ask(home, LoraTuning(rank=2, alpha=4.0, targets=("q_proj",)))
    home.attempt()
    assert "trained: LoRA of rank 2 and alpha 4 on q_proj" in explained(home, job)


def test_a_whole_model_is_continued_whole_whatever_its_base_is_set_to(home: Home):
    before = done(home, FULL)
    after = done(home, LoraTuning(), before.fine_tuned_model or "")
    assert explained(home, after).endswith("trained: all weights")
    assert first_loss(home, after) < first_loss(home, before)
    assert (served_directory(home, after) / "model.safetensors").is_file()


def test_an_adapter_keeps_its_shape_when_it_is_continued(home: Home):
    before = done(home, LoraTuning(rank=2, alpha=4.0))
    after = done(home, LoraTuning(rank=8), before.fine_tuned_model or "")
    assert "LoRA of rank 2 and alpha 4" in explained(home, after)
    assert first_loss(home, after) < first_loss(home, before)


def test_an_adapter_is_merged_where_its_base_is_trained_in_full_by_now(home: Home):
    before = done(home, LoraTuning())
    after = done(home, FULL, before.fine_tuned_model or "")
    assert explained(home, after).endswith("trained: all weights")
    assert first_loss(home, after) < first_loss(home, before)
    assert (served_directory(home, after) / "model.safetensors").is_file()


def test_an_attempt_over_all_weights_that_was_interrupted_ends_as_if_it_had_not_been(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    whole = done(home, FULL)
    job = ask(home, FULL)
    _fail_at_step(monkeypatch, 3, RuntimeError("the machine stumbled"))
    home.attempt()
    monkeypatch.undo()
    home.attempt()
    resumed = home.job(job.id)
    assert resumed.status == "succeeded"
    ours, theirs = (
        (served_directory(home, each) / "model.safetensors").read_bytes()
        for each in (resumed, whole)
    )
    assert ours == theirs


def test_layers_that_the_base_does_not_have_fail_the_job_before_it_trains(home: Home):
    job = ask(home, LoraTuning(targets=("c_attn",)))
    home.attempt()
    ended = home.job(job.id)
    assert ended.status == "failed"
    assert ended.error_message is not None
    assert "no linear layers named c_attn" in ended.error_message
    assert "started" not in "".join(home.messages(job.id))


def _fail_at_step(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException) -> list[int]:
    """Let the loss raise at a step, once; returns the tokens that were computed at once."""
    usual = supervised.next_token_loss
    calls: list[int] = []
    failed: list[bool] = []

    def failing(model, batch) -> LossSum:
        calls.append(len(batch.tokens_T))
        if len(calls) == step and not failed:
            failed.append(True)
            raise error
        return usual(model, batch)

    monkeypatch.setattr(supervised, "next_token_loss", failing)
    return calls


@pytest.mark.parametrize("tuning", [LoraTuning(), FULL])
def test_a_job_that_runs_out_of_memory_is_tried_again_with_less_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, tuning: Tuning
):
    job = ask(home, tuning)
    calls = _fail_at_step(monkeypatch, 4, torch.OutOfMemoryError("no memory"))
    home.attempt()

    assert home.job(job.id).status == "succeeded"
    assert "ran out of memory" in "".join(home.messages(job.id))
    # It went on from the checkpoint of step 2, five examples in more slices than before.
    assert max(calls[4:]) < max(calls[:4])


def test_a_job_that_runs_out_of_memory_twice_fails_with_what_helps(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    def always(*_: object) -> LossSum:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(supervised, "next_token_loss", always)
    job = ask(home, LoraTuning())
    home.attempt()

    failed = home.job(job.id)
    assert failed.error_code == "insufficient_memory"
    assert "ran out of memory twice" in failed.error_message


def with_free_memory(home: Home, free: int) -> Home:
    bases = WarmBases(torch.float32, free=lambda: free)
    return replace(home, context=replace(home.context, bases=bases))


def test_a_job_that_does_not_fit_fails_before_it_starts_with_the_numbers(home: Home):
    short = with_free_memory(home, 2_000_000)
    job = ask(short, FULL)
    short.attempt()

    failed = home.job(job.id)
    assert failed.error_code == "insufficient_memory"
    assert 'LoRA (training = "lora"' in failed.error_message
    assert "started" not in "".join(home.messages(job.id))
    # With an adapter the same base can be trained in as much memory.
    smaller = ask(short, LoraTuning(rank=1))
    short.attempt()
    assert home.job(smaller.id).status == "succeeded"


def test_a_base_that_does_not_fit_is_not_even_loaded(home: Home):
    short = with_free_memory(home, 1000)
    job = ask(short, LoraTuning())
    short.attempt()
    failed = home.job(job.id)
    assert failed.error_code == "insufficient_memory"
    assert "its weights need 0.00 GB of memory" in failed.error_message


@pytest.fixture(scope="module")
def hybrid_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tiny.write_renderer(tmp_path_factory.mktemp("bases") / "hybrid")
    torch.manual_seed(0)
    config = Lfm2Config(
        vocab_size=tiny.tokenizer().get_vocab_size(),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention"],
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
        initializer_range=0.2,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(directory)
    return directory


@pytest.mark.parametrize("tuning", [LoraTuning(), FULL])
def test_a_hybrid_model_is_trained_padded_and_the_job_says_so(
    tmp_path: Path, hybrid_directory: Path, tuning: Tuning
):
    home = open_home(tmp_path, hybrid_directory)
    job = done(home, tuning)

    said = [text for text in home.messages(job.id) if "padded" in text]
    assert said == [
        "Examples are padded instead of packed, because its layers would mix neighbouring "
        "examples: slower, and equally correct"
    ]
    last = home.context.models_directory / job.id / "step-4"
    theirs = AutoModelForCausalLM.from_pretrained(last if tuning == FULL else hybrid_directory)
    if tuning == FULL:
        asked = request_for(last, [5, 6, 7])
    else:
        theirs = PeftModel.from_pretrained(theirs, last)
        asked = request_for(hybrid_directory, [5, 6, 7], adapter=last)
    (answer,) = answer_all(load_engine(Path(asked.model.base_directory), EngineLimits()), [asked])
    logits = theirs(input_ids=torch.tensor([[5, 6, 7]])).logits[0, -1]
    assert answer.tokens[0] == int(logits.argmax())
    home.database.close()


def test_a_base_whose_directory_vanished_fails_the_job_with_a_reason(tmp_path: Path):
    home = open_home(tmp_path, write_base(tmp_path / "base"))
    job = ask(home, LoraTuning())
    (tmp_path / "base").rename(tmp_path / "away")
    home.attempt()
    failed = home.job(job.id)
    assert failed.error_code == "model_not_available"
    assert "tiny cannot be trained: base is not a model directory" in failed.error_message
    home.database.close()


def test_a_base_whose_directory_vanishes_while_a_job_runs_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = open_home(tmp_path, write_base(tmp_path / "base"))
    job = ask(home, FULL)
    usual = supervised.StepMetrics

    def vanishing(**values: object) -> object:
        if (tmp_path / "base").exists():
            (tmp_path / "base").rename(tmp_path / "away")
        return usual(**values)

    monkeypatch.setattr(supervised, "StepMetrics", vanishing)
    home.attempt()
    assert home.job(job.id).status == "succeeded"
    home.database.close()


SPORTS = {"bat": " baseball", "puck": " hockey"}


def test_a_job_on_prompts_and_completions_learns_these_and_nothing_around_them(home: Home):
    pairs = [{"prompt": f"{thing}\n\n###\n\n", "completion": SPORTS[thing]} for thing in SPORTS]
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs * 10).encode()
    job = ask(home, FULL, epochs=3, lines=lines, speed=20.0)
    home.attempt()
    ended = home.job(job.id)
    assert (ended.status, home.warnings(job.id)) == ("succeeded", [])

    directory = home.context.models_directory / job.id / "step-12"
    renderer = ChatRenderer.from_directory(home.base_directory)
    prompts = [renderer.text_ids(pair["prompt"]) for pair in pairs]
    wanted = [renderer.vocabulary.continued(pair["completion"]) for pair in pairs]
    answers = answer_all(
        load_engine(directory, EngineLimits()),
        [
            request_for(directory, prompt, max_tokens=len(ids))
            for prompt, ids in zip(prompts, wanted, strict=True)
        ],
    )
    assert [renderer.decode(answer.tokens) for answer in answers] == [*SPORTS.values()]
    # What was read is these tokens, and no template around them.
    assert ended.trained_tokens == 3 * 10 * sum(map(len, prompts + wanted))

    with home.database.read() as session:
        result = get_file(session, home.project, ended.result_file or "")
    first, *_, last = home.context.blobs.path(result.sha256).read_text().splitlines()
    assert first.startswith("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy")
    assert last.split(",")[2] == "1.0"
