"""The arms of the learning benchmark: the base, our trainer and TRL's, and their scores."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.tasks.task import Answer, Question, Task
from understudy.chat.messages import ToolCall
from understudy.chat.parsing.deltas import Delta, TextDelta, ToolCallDelta
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.errors import JobFailedError
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import Ticket, ticket_for
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import GenerateRequest, ModelRef, Sampling, TokenEvent
from understudy.modeling.loading import load_base
from understudy.modeling.precision import fastest_dtype
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.training.metrics import StepMetrics
from understudy.training.reporting import SavedCheckpoint
from understudy.training.supervised import Examples, train_supervised

TRL_RATE = 2e-4
"""What TRL's documentation recommends for adapters: ten times its default of 2e-5."""
_RANK, _ALPHA = 16, 32


class Result(NamedTuple):
    """One run and how good its model is."""

    score: float
    """Mean over the held-out questions, from 0 to 1."""
    cpu_seconds: float
    """User and system time of the training alone."""


@dataclass
class _Last:
    """A reporter that keeps the last checkpoint."""

    directory: Path | None = None

    def on_step(self, metrics: StepMetrics) -> None:
        """Nobody watches."""

    def on_checkpoint(self, checkpoint: SavedCheckpoint) -> None:
        """Remember where it lies."""
        self.directory = checkpoint.directory

    def on_snapshot(self, step: int, directory: Path) -> None:
        """No run is paused."""

    def check_stop(self) -> None:
        """No run is stopped."""


class Bench:
    """One base that is trained and asked; the two copies of its weights stay loaded."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.renderer = ChatRenderer.from_directory(directory)
        self._base = load_base(directory, fastest_dtype())
        self._engine = load_engine(directory, EngineLimits())

    def plan(self, task: Task, requested: JobHyperparameters, seed: int) -> SupervisedPlan:
        """Return the plan that a job with these hyperparameters would have."""
        return plan_supervised(
            requested,
            example_count=len(task.training),
            hidden_size=self._base.hidden_size,
            family=self._base.family,
            seed=seed,
        )

    def base(self, task: Task) -> Result:
        """Score the base as it is."""
        return Result(self._score(task, None), 0.0)

    def ours(self, task: Task, plan: SupervisedPlan) -> Result:
        """Train as a job does and score the result; a job that fails as diverged scores 0."""
        last = _Last()
        examples = Examples(training=self._rendered(task), validation=[])
        with tempfile.TemporaryDirectory() as name:
            started_at = time.process_time()
            try:
                train_supervised(
                    plan, self._base, examples, last, directory=Path(name), base_name="base"
                )
            except JobFailedError:
                return Result(0.0, time.process_time() - started_at)
            seconds = time.process_time() - started_at
            return Result(self._score(task, last.directory), seconds)

    def trl(self, task: Task, seed: int) -> Result:
        """Train with TRL's SFTTrainer on the same tokens and score the result."""
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            started_at = time.process_time()
            _train_with_trl(self._directory, self._rendered(task), seed, directory)
            seconds = time.process_time() - started_at
            return Result(self._score(task, directory), seconds)

    def _rendered(self, task: Task) -> list[RenderedExample]:
        return [
            self.renderer.training_ids(example.messages, example.tools, example.trained)
            for example in task.training
        ]

    def _score(self, task: Task, adapter: Path | None) -> float:
        answers = self._answers(task.held_out, adapter, task.max_tokens)
        scores = [q.score(answer) for q, answer in zip(task.held_out, answers, strict=True)]
        return sum(scores) / len(scores)

    def _answers(
        self, questions: Sequence[Question], adapter: Path | None, max_tokens: int
    ) -> list[Answer]:
        """Answer all questions greedily, as many at once as the engine takes."""
        prompts = [self.renderer.prompt_ids(each.messages, each.tools) for each in questions]
        tickets = [ticket_for(self._request(ids, adapter, max_tokens)) for ids in prompts]
        written: dict[Ticket, list[int]] = {ticket: [] for ticket in tickets}
        waiting = iter(tickets)
        is_over = False
        while not is_over or self._engine.row_count:
            while not is_over and self._engine.has_free_row:
                ticket = next(waiting, None)
                is_over = ticket is None
                if ticket is not None:
                    loaded = ticket.adapter and self._engine.bank.get(ticket.adapter)
                    self._engine.admit(BatchRow(ticket, loaded))
            for output in self._engine.step() if self._engine.row_count else ():
                if isinstance(output.event, TokenEvent):
                    written[output.ticket].append(output.event.token_id)
        return [
            self._parsed(question, prompt, written[ticket])
            for question, prompt, ticket in zip(questions, prompts, tickets, strict=True)
        ]

    def _request(
        self, prompt: Sequence[int], adapter: Path | None, max_tokens: int
    ) -> GenerateRequest:
        return GenerateRequest(
            request_id="learning",
            model=ModelRef(
                base="base",
                base_directory=str(self._directory),
                adapter=None if adapter is None else adapter.name,
                adapter_directory=None if adapter is None else str(adapter),
            ),
            prompt_ids=tuple(prompt),
            sampling=Sampling(
                temperature=0.0,
                top_p=1.0,
                max_tokens=max_tokens,
                seed=None,
                stop_ids=self.renderer.stop_ids,
                top_logprobs=0,
                frequency_penalty=0.0,
                presence_penalty=0.0,
                logit_bias=(),
            ),
        )

    def _parsed(self, question: Question, prompt: Sequence[int], ids: Sequence[int]) -> Answer:
        parser = self.renderer.answer_parser(prompt=prompt, tools=question.tools)
        deltas = [delta for id_ in ids for delta in parser.feed(id_)] + parser.finish()
        return Answer(
            text="".join(delta.text for delta in deltas if isinstance(delta, TextDelta)),
            calls=_calls(deltas),
        )


def _calls(deltas: Sequence[Delta]) -> tuple[ToolCall, ...]:
    calls: dict[int, ToolCall] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallDelta):
            known = calls.get(delta.index)
            calls[delta.index] = ToolCall(
                id=delta.id or (known.id if known else ""),
                name=delta.name or (known.name if known else ""),
                arguments=(known.arguments if known else "") + delta.arguments,
            )
    return tuple(calls.values())


def _train_with_trl(
    base: Path, examples: Sequence[RenderedExample], seed: int, directory: Path
) -> None:
    """Train an adapter with TRL's defaults: three epochs of batches of eight, linear decay."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    rows = [
        {
            "input_ids": example.ids,
            "labels": [i if t else -100 for i, t in zip(example.ids, example.trained, strict=True)],
        }
        for example in examples
    ]
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    config = SFTConfig(
        output_dir=str(directory),
        learning_rate=TRL_RATE,
        seed=seed,
        use_cpu=True,
        # Changes what is computed twice, and nothing else.
        gradient_checkpointing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=_RANK, lora_alpha=_ALPHA, target_modules="all-linear"),
    )
    trainer.train()
    trainer.save_model(str(directory))
