"""Whole jobs over graded answers: what they record, how they end, and where they continue."""

import json
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import select

from tests import tiny
from tests.forged import FORGED, forged
from tests.unit.worker.support import Home, open_home, write_base
from understudy.data.files.formats import Method
from understudy.jobs.service import list_checkpoints, pause_job, resume_job
from understudy.modeling.lora import read_adapter
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import ReinforcementSettings
from understudy.storage.evals.evals import get_eval
from understudy.storage.tables.evals import EvalItemRow, EvalRunRow
from understudy.storage.tables.jobs import JobRow
from understudy.worker.trainer.attempt import attempt

LONG = """
def grade(sample, item):
    return min(1.0, len(sample["output_text"]) / item["length"])
"""
GRADER = {"type": "python", "name": "long", "source": LONG}
SHADOW = {
    "type": "string_check",
    "name": "empty",
    "input": "{{ sample.output_text }}",
    "reference": "",
    "operation": "eq",
}


@pytest.fixture(scope="module")
def base_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model any second token of which ends its answer."""
    directory = write_base(tmp_path_factory.mktemp("base"))
    every_second = list(range(1, tiny.tokenizer().get_vocab_size(), 2))
    (directory / "generation_config.json").write_text(json.dumps({"eos_token_id": every_second}))
    return directory


@pytest.fixture
def home(tmp_path: Path, base_directory: Path) -> Home:
    return open_home(tmp_path, base_directory)


def prompts(count: int, length: int = 12) -> bytes:
    lines = [
        {"messages": [{"role": "user", "content": f"Paris {number}?"}], "length": length}
        for number in range(count)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def create(home: Home, grader: dict[str, Any] = GRADER, **changes: Any) -> JobRow:
    hyperparameters = {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 13.0,
        "compute_multiplier": 1.0,
        "eval_interval": 2,
        "max_completion_tokens": 12,
    } | changes.pop("hyperparameters", {})
    settings = ReinforcementSettings(grader=grader, **changes)
    return home.create_job(
        prompts(12),
        prompts(5),
        method=Method.REINFORCEMENT,
        hyperparameters=JobHyperparameters(**hyperparameters),
        reinforcement=settings,
    )


def runs_of(home: Home, job: JobRow) -> list[EvalRunRow]:
    with home.database.read() as session:
        query = select(EvalRunRow).where(EvalRunRow.eval_id == job.eval_id)
        return list(session.scalars(query.order_by(EvalRunRow.seq)))


def metrics_of(home: Home, job: JobRow) -> list[dict[str, Any]]:
    return [event.data for event in home.events(job.id) if event.type == "metrics" and event.data]


def test_rewards_rise_and_the_best_checkpoint_becomes_the_model(home: Home):
    job = create(home, hyperparameters={"n_epochs": 6, "learning_rate_multiplier": 20.0})

    home.attempt()

    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    found = metrics_of(home, job)
    assert len(found) == 18
    first, last = found[0]["train_mean_reward"], found[-1]["train_mean_reward"]
    assert last > first + 0.1
    kept = list_checkpoints(home.database, home.project, job.id).items
    validated = {
        each["step"]: each["full_valid_mean_reward"]
        for each in found
        if "full_valid_mean_reward" in each
    }
    assert sorted(validated) == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    best = sorted(validated, key=lambda step: (validated[step], step))[-3:]
    assert {each.step for each in kept} == set(best)
    (final,) = [each for each in kept if each.model_name == ended.fine_tuned_model]
    assert final.step == best[-1]
    (said,) = [words for words in home.messages(job.id) if words.startswith("Best full valid")]
    assert f"at step {final.step} of 18" in said


def test_a_metrics_event_has_the_keys_and_the_words_of_openais(home: Home):
    job = create(home)

    home.attempt()

    step, validated = metrics_of(home, job)[:2]
    assert "full_valid_mean_reward" not in step
    assert {
        "step",
        "total_steps",
        "train_mean_reward",
        "full_valid_mean_reward",
        "full_valid_mean_parse_error",
        "mean_unresponsive_rewards",
        "reasoning_tokens_mean",
        "completion_tokens_mean",
        "valid_reasoning_tokens_mean",
        "model_graders_token_usage",
        "usage",
        "errors",
        "scores",
        "timing",
    } <= set(validated)
    assert set(validated["scores"]) == {"train_reward_mean", "valid_reward_mean", "graders"}
    assert validated["scores"]["valid_reward_mean"] == validated["full_valid_mean_reward"]
    assert set(validated["timing"]["step"]) == {"sampling", "training", "eval", "full_iteration"}
    (errors,) = validated["errors"]["graders"]
    assert errors["train_python_grader_runtime_error_mean"] == 0.0
    assert errors["valid_other_error_count"] == 5
    assert validated["sampler_trainer_kl"] < 1e-6
    words = [message for message in home.messages(job.id) if message.startswith("Step 2/6")]
    assert words == [
        f"Step 2/6 , train mean reward={validated['train_mean_reward']:.2f}, "
        f"full validation mean reward={validated['full_valid_mean_reward']:.2f}, "
        "full validation mean parse error=0.00"
    ]


def test_every_validation_is_a_run_of_the_jobs_own_eval(home: Home):
    job = create(home, shadow_grader=SHADOW)

    home.attempt()

    job = home.job(job.id)
    assert job.eval_id is not None, job.error_message
    runs = runs_of(home, job)
    assert [run.pairs["step"] for run in runs] == ["2", "4", "6"]
    assert {run.status for run in runs} == {"completed"}
    assert job.fine_tuned_model in {run.model for run in runs}
    with home.database.read() as session:
        owner = get_eval(session, home.project, job.eval_id)
        items = list(session.scalars(select(EvalItemRow).where(EvalItemRow.run_id == runs[0].id)))
    long, shadow = (criterion["id"] for criterion in owner.testing_criteria)
    assert shadow.startswith("shadow_grader-")
    assert len(items) == 5
    rewards = [
        next(result["score"] for result in item.results if result["name"] == long) for item in items
    ]
    mean = metrics_of(home, job)[1]["full_valid_mean_reward"]
    assert sum(rewards) / 5 == pytest.approx(mean)
    assert items[0].sample["input"] == [{"role": "user", "content": "Paris 0?"}]
    assert sum(runs[0].criteria[shadow].values()) == 5


def test_a_job_that_was_stopped_in_the_middle_comes_to_the_same_model(home: Home):
    whole, broken = create(home), create(home)
    home.attempt()
    claimed = home.claim()
    stops = threading.Event()
    stop_at_step(home, stops, 3)
    attempt(claimed, home.database, home.context, stops)
    assert home.job(broken.id).status == "running"

    home.attempt()

    first, second = (adapter_of(home, job) for job in (whole, broken))
    for name, (a, b) in first.items():
        torch.testing.assert_close(a, second[name][0], rtol=0, atol=0)
        torch.testing.assert_close(b, second[name][1], rtol=0, atol=0)
    assert [each["step"] for each in metrics_of(home, broken)] == [1, 2, 3, 4, 5, 6]
    assert len(runs_of(home, home.job(broken.id))) == 3


def stop_at_step(home: Home, stops: threading.Event, step: int) -> None:
    """Set `stops` once a job under work has reported a step."""

    def watch() -> None:
        while not stops.wait(0.01):
            with home.database.read() as session:
                running = session.scalars(select(JobRow).where(JobRow.status == "running")).all()
            for job in running:
                if any(each["step"] >= step for each in metrics_of(home, job)):
                    stops.set()

    threading.Thread(target=watch, daemon=True).start()


def test_a_job_that_is_paused_leaves_a_model_that_can_be_asked(home: Home):
    # More steps than a fast machine makes before it hears of the pause.
    job = create(home, hyperparameters={"eval_interval": 1000, "n_epochs": 30})
    claimed = home.claim()
    flag = threading.Thread(target=lambda: pause_at_step(home, job, 2), daemon=True)
    flag.start()

    home.attempt(claimed)

    assert home.job(job.id).status == "paused"
    (paused,) = list_checkpoints(home.database, home.project, job.id).items
    assert 2 <= paused.step < 90
    assert paused.model_name.endswith(f":ckpt-step-{paused.step}")
    resume_job(home.database, home.project, job.id)
    home.attempt()
    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    assert [each["step"] for each in metrics_of(home, job)] == [*range(1, 91)]


def pause_at_step(home: Home, job: JobRow, step: int) -> None:
    """Pause a job once it has reported a step."""
    while not any(each["step"] >= step for each in metrics_of(home, job)):
        time.sleep(0.01)
    pause_job(home.database, home.project, job.id)


def adapter_of(home: Home, job: JobRow) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    kept = list_checkpoints(home.database, home.project, job.id).items
    last = max(kept, key=lambda each: each.step)
    return read_adapter(Path(last.directory)).layers


@pytest.mark.parametrize(
    ("score", "words"),
    [("0.0", "reinforcement cannot start from zero"), ("1.0", "nothing to gain")],
)
def test_a_job_whose_first_answers_show_that_nothing_can_be_learned_says_so(
    home: Home, score: str, words: str
):
    same = {"type": "python", "name": "same", "source": f"def grade(s, i): return {score}"}
    job, forced = create(home, same), create(home, same, needs_preflight=False)

    home.attempt()
    home.attempt()

    ended = home.job(job.id)
    assert (ended.status, ended.error_code) == ("failed", "preflight_failed")
    assert words in str(ended.error_message)
    assert home.job(forced.id).status == "succeeded"


def test_a_grader_that_fails_for_the_first_prompts_is_not_asked_about_all_others(home: Home):
    broken = {"type": "python", "name": "broken", "source": "def grade(sample, item): return 1 / 0"}
    job = create(home, broken)

    home.attempt()

    ended = home.job(job.id)
    assert (ended.status, ended.error_code) == ("failed", "preflight_failed")
    assert "could not grade 100% of the model's first 16 answers" in str(ended.error_message)
    assert "division by zero" in str(ended.error_message)


def test_a_grader_that_always_fails_ends_the_job_with_what_it_said(home: Home):
    broken = {
        "type": "python",
        "name": "broken",
        "source": "def grade(sample, item): return item['length'] / 0",
    }
    job = create(home, broken, needs_preflight=False)

    home.attempt()

    ended = home.job(job.id)
    assert (ended.status, ended.error_code) == ("failed", "grader_errors")
    assert "ZeroDivisionError" in str(ended.error_message)


def test_answers_that_cannot_be_graded_are_left_out_and_counted(home: Home):
    sometimes = {
        "type": "python",
        "name": "sometimes",
        "source": "def grade(sample, item):\n"
        "    n = len(sample['output_text'])\n"
        "    if n == 3:\n"
        f"{textwrap.indent(forged(FORGED['NaN']), '        ')}\n"
        "    return n / 20 if n != 2 else float('nan')",
    }
    job = create(home, sometimes)

    home.attempt()

    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    (errors,) = metrics_of(home, job)[1]["errors"]["graders"]
    assert 0 < errors["train_python_grader_runtime_error_mean"] < 0.5
    assert 0 < errors["train_python_grader_server_error_mean"] < 0.5
