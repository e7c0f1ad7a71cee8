"""Steps over graded answers per CPU-second: this project and TRL's GRPOTrainer, in turns.

Run as `python -m benchmarks.reinforcement`. Both train the same LoRA of understudy-mini on the same
prompts, groups and limits; answers have the lengths that the model gives them.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import torch

import understudy.registry
from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.graders.grade import Finding, Grade, GradeErrors
from understudy.inference.limits import EngineLimits
from understudy.modeling.linear import use_fastest_linear
from understudy.modeling.loading import load_with_own_attention
from understudy.modeling.precision import fastest_dtype
from understudy.planning.execution import Layout
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import ReinforcementSettings, plan_reinforcement
from understudy.training.metrics import StepMetrics
from understudy.training.reinforcement.answers import DrawnAnswer
from understudy.training.reinforcement.grading import GradedAnswer
from understudy.training.reinforcement.prompts import Prompts, RenderedPrompt
from understudy.training.reinforcement.rollouts import Rollouts
from understudy.training.reinforcement.sampling import Sampler
from understudy.training.reinforcement.training import ReinforcementObjective
from understudy.training.run import train

BASE = Path(understudy.registry.__file__).parent / "builtin" / "understudy-mini"
OURS, BFLOAT16, FLOAT32 = "understudy", "TRL, bf16 weights", "TRL, defaults"
ARMS = (OURS, BFLOAT16, FLOAT32)
PROMPTS, GROUP, MAX_TOKENS = 8, 8, 64
WARM_UP_STEPS = 1
# The model repeats sentences, and ends by itself: nothing is learned from an answer that is cut.
QUESTIONS = tuple(
    f"Repeat this: {who} went to {place} with {what} and came back on {day}."
    for who, place in (("Ada", "Oslo"), ("Bob", "Rome"), ("Cleo", "Lima"), ("Dan", "Cairo"))
    for what in ("a dog", "a red hat", "an old clock", "the key")
    for day in ("Monday", "Friday")
)


class Measured(NamedTuple):
    """One arm in one process."""

    steps_per_cpu_second: float
    tokens_per_answer: float

    @property
    def answer_tokens_per_cpu_second(self) -> float:
        """What is compared where the answers of two arms are not of one length."""
        return self.steps_per_cpu_second * self.tokens_per_answer * PROMPTS * GROUP


def reward(text: str) -> float:
    """Grade an answer by something that differs within a group: its length."""
    return len(text) % 50 / 50


def cpu_seconds() -> float:
    """Return the user and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Meter:
    """Counts CPU time from the end of the warm-up on."""

    def __init__(self) -> None:
        self._begun = self._now = 0.0
        self._steps = 0
        self.lengths: list[float] = []

    def after(self, step: int) -> None:
        """Take note that a step is done."""
        self._now = cpu_seconds()
        if step == WARM_UP_STEPS:
            self._begun = self._now
        self._steps = step - WARM_UP_STEPS

    def measured(self) -> Measured:
        """Return what was counted."""
        pace = self._steps / (self._now - self._begun)
        return Measured(pace, statistics.mean(self.lengths))


class _Run:
    """Grades by `reward` at once, and takes what a run reports."""

    range = (0.0, 1.0)

    def __init__(self) -> None:
        self.meter = Meter()

    def submit(self, drawn: DrawnAnswer, *, is_held_out: bool) -> Future[GradedAnswer]:
        del is_held_out
        grade = Grade(
            name="length",
            type="python",
            finding=Finding(score=reward(drawn.text)),
            errors=GradeErrors(),
            problem=None,
            blames_sample=False,
            execution_seconds=0.0,
        )
        done: Future[GradedAnswer] = Future()
        done.set_result(GradedAnswer(drawn=drawn, grade=grade, shadow=None, is_unreadable=False))
        return done

    def on_step(self, metrics: StepMetrics) -> None:
        self.meter.lengths.append(metrics.more["completion_tokens_mean"])
        self.meter.after(metrics.step)

    def __getattr__(self, _: str) -> Any:
        def nothing(*_: object, **__: object) -> None:
            pass

        return nothing


def measure_ours(steps: int, directory: Path) -> Measured:
    """Train with this project's loop."""
    base = load_with_own_attention(BASE, fastest_dtype())
    use_fastest_linear(base.model)
    renderer = ChatRenderer.from_directory(BASE)
    prompts = [_rendered(renderer, line, text) for line, text in enumerate(QUESTIONS, start=1)]
    plan = plan_reinforcement(
        JobHyperparameters(
            n_epochs=-(-PROMPTS * steps // len(prompts)),
            batch_size=PROMPTS,
            compute_multiplier=GROUP / 8,
            learning_rate_multiplier=1 / 3,
            max_completion_tokens=MAX_TOKENS,
            eval_interval=10_000,
        ),
        ReinforcementSettings(grader={}, needs_preflight=False),
        example_count=len(prompts),
        hidden_size=base.hidden_size,
        family=base.family,
        room=MAX_TOKENS,
        seed=1,
    )
    run: Any = _Run()
    limits = EngineLimits(rows=128, chunk_tokens=2048)
    sampler = Sampler(base, stop_ids=renderer.stop_ids, layout=Layout.PACKED, limits=limits)
    held_out = prompts[:1]
    rollouts = Rollouts(
        plan,
        Prompts(training=prompts, validation=held_out),
        sampler,
        renderer,
        run,
        lambda: None,
    )
    objective = ReinforcementObjective(plan, base, rollouts, run, run)
    train(plan, base, objective, run, directory=directory, base_name="understudy-mini")
    return run.meter.measured()


def _rendered(renderer: ChatRenderer, line: int, text: str) -> RenderedPrompt:
    messages = (Message(role=Role.USER, content=text),)
    ids = tuple(renderer.prompt_ids(messages))
    return RenderedPrompt(line=line, ids=ids, messages=messages, tools=(), item={}, grammar=None)


def measure_trl(arm: str, steps: int, directory: Path) -> Measured:
    """Train with TRL's GRPOTrainer, which generates with transformers."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    meter = Meter()

    class Count(TrainerCallback):
        def on_step_end(self, *arguments: Any, **_: Any) -> None:
            meter.after(arguments[1].global_step)

    def rewards(completions: Any, completion_ids: list[list[int]], **_: Any) -> list[float | None]:
        meter.lengths.append(statistics.mean(map(len, completion_ids)))
        return [reward(each[0]["content"]) for each in completions]

    is_bfloat16 = arm == BFLOAT16
    model = AutoModelForCausalLM.from_pretrained(
        BASE, dtype=torch.bfloat16 if is_bfloat16 else torch.float32
    )
    config = GRPOConfig(
        output_dir=str(directory),
        loss_type="dr_grpo",
        scale_rewards="none",
        beta=0.0,
        num_generations=GROUP,
        per_device_train_batch_size=PROMPTS * GROUP,
        max_completion_length=MAX_TOKENS,
        mask_truncated_completions=True,
        max_steps=steps,
        learning_rate=2.5e-4,
        bf16=not is_bfloat16,
        use_cpu=True,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        logging_steps=1000,
        disable_tqdm=True,
    )
    rows = [{"prompt": [{"role": "user", "content": text}]} for text in QUESTIONS]
    GRPOTrainer(
        model,
        reward_funcs=rewards,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(BASE),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"),
        callbacks=[Count()],
    ).train()
    return meter.measured()


def measure_elsewhere(arm: str, steps: int) -> Measured:
    """Measure one arm in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reinforcement", "--arm", arm, "--steps", str(steps)],
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all arms in turns and print their medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument(
        "--steps", type=int, default=8, help="steps of a round, the first unmeasured"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--arm", choices=ARMS, help="measure one arm here and print its numbers")
    given = parser.parse_args(arguments)
    if given.arm is not None:
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory)
            is_ours = given.arm == OURS
            found = (
                measure_ours(given.steps, place)
                if is_ours
                else measure_trl(given.arm, given.steps, place)
            )
        print(json.dumps(found))
        return
    paces: dict[str, list[Measured]] = {arm: [] for arm in ARMS}
    for _ in range(given.rounds):
        for arm in ARMS:
            paces[arm].append(measure_elsewhere(arm, given.steps))
    ours = _medians(paces[OURS])
    for arm, rounds in paces.items():
        found = _medians(rounds)
        by_steps = ours.steps_per_cpu_second / found.steps_per_cpu_second
        by_tokens = ours.answer_tokens_per_cpu_second / found.answer_tokens_per_cpu_second
        print(
            f"{arm}: {found.steps_per_cpu_second:.3f} steps per CPU-second, "
            f"{found.tokens_per_answer:.1f} tokens an answer; this project is {by_steps:.2f} times "
            f"as fast by steps, {by_tokens:.2f} times by tokens of answers"
        )


def _medians(rounds: Sequence[Measured]) -> Measured:
    return Measured(*map(statistics.median, zip(*rounds, strict=True)))


if __name__ == "__main__":
    main()
