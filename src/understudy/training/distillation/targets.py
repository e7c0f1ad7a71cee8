"""How likely a teacher finds every trained token: computed once, kept on disk, read as needed.

R trained rows, K most likely tokens, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor
from transformers import PreTrainedModel

from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.checkpoints import (
    CorruptCheckpointError,
    publish_directory,
    verify_directory,
)
from understudy.modeling.forward import logits_of
from understudy.planning.execution import LOGIT_BYTES_AT_ONCE, Execution
from understudy.training.batching import MicroBatch, make_step
from understudy.training.losses import trained_states

_IDS, _PROBABILITIES, _TAILS = "ids.npy", "log_probabilities.npy", "tails.npy"
_EXAMPLES_AT_ONCE = 64


class Targets(NamedTuple):
    """What a teacher says of trained rows; log-probabilities in nats."""

    ids_RK: Tensor
    """Its most likely tokens, the likeliest first."""
    log_probabilities_RK: Tensor
    tails_R: Tensor
    """Log-probability of all other tokens together; -inf where there are none."""

    def to(self, device: torch.device) -> "Targets":
        """Return the targets where the model is, without waiting for the copy."""
        return Targets(*(part.to(device, non_blocking=True) for part in self))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a teacher about each row."""

    width: int
    """Tokens that teacher and student both know; what a head has beyond is filling."""
    top_k: int
    temperature: float


class KeptTargets:
    """The targets of all examples of one file, on disk: only what is asked for is in memory."""

    def __init__(self, directory: Path, examples: Sequence[RenderedExample]) -> None:
        """Open what `keep_targets` wrote for as many trained tokens."""
        self._ids = np.load(directory / _IDS, mmap_mode="r")
        self._probabilities = np.load(directory / _PROBABILITIES, mmap_mode="r")
        self._tails = np.load(directory / _TAILS, mmap_mode="r")
        self._starts = [0, *accumulate(trained_rows(example) for example in examples)]

    @property
    def rows(self) -> int:
        """How many trained tokens there are targets for."""
        return len(self._tails)

    def of(self, numbers: Sequence[int]) -> Targets:
        """Return those of examples by their numbers, one example after the other."""
        parts = [slice(self._starts[at], self._starts[at + 1]) for at in numbers]
        return Targets(
            torch.from_numpy(np.concatenate([self._ids[part] for part in parts])).long(),
            torch.from_numpy(np.concatenate([self._probabilities[part] for part in parts])),
            torch.from_numpy(np.concatenate([self._tails[part] for part in parts])),
        )


def trained_rows(example: RenderedExample) -> int:
    """Return how many tokens of an example are learned: the first is predicted by nothing."""
    return sum(example.trained[1:])


def keep_targets(
    directory: Path,
    teacher: PreTrainedModel,
    examples: Sequence[RenderedExample],
    question: Question,
    execution: Execution,
    *,
    check_stop: Callable[[], None],
) -> None:
    """Ask a teacher about every trained token and publish the answers as `directory`.

    Nothing is done where they are there already, whole. `check_stop` may raise between batches.
    """
    if is_kept(directory, examples):
        return
    rows, k = sum(map(trained_rows, examples)), min(question.top_k, question.width)

    def write(into: Path) -> None:
        ids: Any = open_memmap(into / _IDS, "w+", np.int32, (rows, k))
        probabilities: Any = open_memmap(into / _PROBABILITIES, "w+", np.float32, (rows, k))
        tails: Any = open_memmap(into / _TAILS, "w+", np.float32, (rows,))
        start = 0
        for found in _asked(teacher, examples, question, execution, check_stop):
            part = slice(start, start + len(found.tails_R))
            ids[part] = found.ids_RK.int().cpu().numpy()
            probabilities[part] = found.log_probabilities_RK.cpu().numpy()
            tails[part] = found.tails_R.cpu().numpy()
            start = part.stop
        for array in (ids, probabilities, tails):
            array.flush()

    publish_directory(directory, write)


def is_kept(directory: Path, examples: Sequence[RenderedExample]) -> bool:
    """Say whether the targets of these examples are on disk, whole."""
    try:
        verify_directory(directory)
    except CorruptCheckpointError:
        return False
    return KeptTargets(directory, examples).rows == sum(map(trained_rows, examples))


def _asked(
    teacher: PreTrainedModel,
    examples: Sequence[RenderedExample],
    question: Question,
    execution: Execution,
    check_stop: Callable[[], None],
) -> Iterator[Targets]:
    for start in range(0, len(examples), _EXAMPLES_AT_ONCE):
        some = examples[start : start + _EXAMPLES_AT_ONCE]
        step = make_step(some, 0, execution.tokens_per_micro_batch, execution.layout)
        for batch in step.micro_batches:
            check_stop()
            yield from _of_batch(teacher, batch.to(teacher.device), question)


@torch.no_grad()
def _of_batch(teacher: PreTrainedModel, batch: MicroBatch, question: Question) -> list[Targets]:
    hidden_RH = trained_states(teacher, batch)
    rows_at_once = max(1, LOGIT_BYTES_AT_ONCE // (4 * question.width))
    return [
        targets_of(logits_of(teacher, rows_RH).float(), question)
        for rows_RH in hidden_RH.split(rows_at_once)
    ]


def targets_of(logits_RV: Tensor, question: Question) -> Targets:
    """Return the most likely tokens of each row, how likely they are, and the rest as one."""
    scaled_RV = logits_RV[:, : question.width] / question.temperature
    total_R1 = scaled_RV.logsumexp(1, keepdim=True)
    top = scaled_RV.topk(min(question.top_k, question.width), dim=1)
    tails_R = rest_of(scaled_RV, top.indices) - total_R1[:, 0]
    return Targets(top.indices, top.values - total_R1, tails_R)


def rest_of(scaled_RV: Tensor, ids_RK: Tensor) -> Tensor:
    """Return the log-sum of all logits but those of some tokens; -inf where none is left."""
    return scaled_RV.scatter(1, ids_RK, -torch.inf).logsumexp(1)
