"""The engine's probabilities are those of the forward that training computes its loss with."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.unit.inference.support import Answer, answer_all, expected_greedy, request_for
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.forwards import OwnCacheForward, SlotForward
from understudy.inference.limits import EngineLimits
from understudy.modeling.forward import hidden_states, output_head
from understudy.modeling.loading import load_base
from understudy.modeling.lora import LoraLayer, add_lora, copy_adapter, save_adapter

SHARED = [number * 5 % 90 + 3 for number in range(40)]
PROMPTS = [[5, 6, 7], [8], SHARED, [*SHARED[:30], 9, 9], [*SHARED, 10, 11], [40] * 90]


class Trained:
    """A base with its LoRA layers as the trainer has them, and three adapters on disk."""

    def __init__(self, base: Path, root: Path) -> None:
        self.model = load_base(base, torch.float32).model
        self._layers: dict[str, LoraLayer] = add_lora(self.model, rank=4, alpha=8, seed=1)
        self.adapters: list[Path | None] = [None]
        self._weights: list[list[Tensor]] = [[torch.zeros(())] * len(self._layers)]
        for number in range(3):
            with torch.no_grad():
                for layer in self._layers.values():
                    layer.b_OR.normal_(std=0.1)
            directory = root / f"adapter{number}"
            directory.mkdir()
            save_adapter(directory, copy_adapter(self._layers, rank=4, alpha=8), base="tiny")
            self.adapters.append(directory)
            self._weights.append([layer.b_OR.detach().clone() for layer in self._layers.values()])

    def choose(self, kind: int) -> None:
        """Let the model be the base, or have one of the adapters."""
        with torch.no_grad():
            for layer, b_OR in zip(self._layers.values(), self._weights[kind], strict=True):
                layer.b_OR.copy_(b_OR.expand_as(layer.b_OR))

    def logprobs(self, kind: int, rows: Sequence[Sequence[int]]) -> list[list[float]]:
        """The log-probability of every token but the first, all rows in one packed forward."""
        self.choose(kind)
        with torch.inference_mode():
            tokens_T = torch.tensor([token for row in rows for token in row])
            positions_T = torch.cat([torch.arange(len(row)) for row in rows])
            segments = tuple(map(len, rows))
            hidden_TH = hidden_states(self.model, tokens_T, positions_T, segments)
            logits_TV = output_head(self.model)(hidden_TH).log_softmax(-1)
        return [
            part_TV[:-1].gather(1, torch.tensor(row)[1:, None])[:, 0].tolist()
            for row, part_TV in zip(rows, logits_TV.split(segments), strict=True)
        ]


@pytest.mark.parametrize(
    ("architecture", "forward"),
    [
        ("llama", SlotForward),
        ("qwen2", SlotForward),
        ("qwen3", SlotForward),
        ("mistral", SlotForward),
        ("smollm3", SlotForward),
        ("dynamic", OwnCacheForward),
    ],
)
def test_prompt_and_answer_have_the_trainers_probabilities(
    architecture: str,
    forward: type,
    model_directory: Callable[[str], Path],
    tmp_path: Path,
):
    base = model_directory(architecture)
    trained = Trained(base, tmp_path)
    engine = load_engine(base, EngineLimits(rows=8, chunk_tokens=32))
    assert isinstance(engine._forward, forward)
    kinds = [0, 1, 2, 3, 1, 0]
    asked = list(zip(PROMPTS, kinds, strict=True))

    def answers(*, scored: bool) -> list[Answer]:
        return answer_all(
            engine,
            [
                request_for(base, p, adapter=trained.adapters[kind], prompt_logprobs=scored)
                for p, kind in asked
            ],
        )

    rounds = [answers(scored=True), answers(scored=False), answers(scored=False)]
    expected = [
        trained.logprobs(kind, [[*prompt, *answer.tokens]])[0]
        for (prompt, kind), answer in zip(asked, rounds[0], strict=True)
    ]
    for (prompt, _), answer, values in zip(asked, rounds[0], expected, strict=True):
        told = [*(token.logprob for token in answer.prompt), *answer.logprobs]
        assert told == pytest.approx(values, abs=1e-3)
        assert len(told) == len(prompt) - 1 + len(answer.tokens)
    for again in rounds[1:]:
        for (prompt, _), answer, values in zip(asked, again, expected, strict=True):
            assert answer.logprobs == pytest.approx(values[len(prompt) - 1 :], abs=1e-3)
    if forward is SlotForward:
        assert sum(answer.cached or 0 for answer in rounds[2]) > 150, "nothing was reused"


def test_smollm3_answers_as_transformers_does(model_directory: Callable[[str], Path]):
    base = model_directory("smollm3")
    engine = load_engine(base, EngineLimits(rows=8, chunk_tokens=32))
    answers = answer_all(engine, [request_for(base, prompt) for prompt in PROMPTS])
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        assert answer.tokens == expected_greedy(base, prompt).tokens
