"""Generated tokens per CPU-second of the engine, transformers and peft, and what HTTP adds.

A random Llama of 134.5M parameters. All arms of a table run in one process, rounds interleaved;
tables hold medians. `--parts` chooses among them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from benchmarks.serving_http import measure_http, measure_publishing
from benchmarks.serving_model import VOCABULARY, write_adapters, write_base
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import ticket_for
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import GenerateRequest, ModelRef, Sampling, TokenEvent
from understudy.modeling.precision import fastest_dtype

PARTS = ("bases", "adapters", "http", "publishing")
BATCHES = (1, 8, 32)
ADAPTERS = 8
PROMPT_TOKENS, NEW_TOKENS = 64, 64

Arm = Callable[[list[list[int]]], None]
"""Answers prompts, all at once, with `NEW_TOKENS` each."""


def request_for(base: Path, prompt: Sequence[int], adapter: Path | None) -> GenerateRequest:
    """Ask for the likeliest tokens; nothing ends an answer early."""
    return GenerateRequest(
        request_id="bench",
        model=ModelRef(
            base="bench",
            base_directory=str(base),
            adapter=None if adapter is None else adapter.name,
            adapter_directory=None if adapter is None else str(adapter),
        ),
        prompt_ids=tuple(prompt),
        sampling=Sampling(
            temperature=0.0,
            top_p=1.0,
            max_tokens=NEW_TOKENS,
            seed=None,
            stop_ids=(),
            top_logprobs=0,
            frequency_penalty=0.0,
            presence_penalty=0.0,
            logit_bias=(),
        ),
    )


def of_engine(engine: Engine, base: Path, adapters: Sequence[Path | None]) -> Arm:
    """Return the arm of this project; row i gets adapter i, again from the first at the end."""

    def answer(prompts: list[list[int]]) -> None:
        for number, prompt in enumerate(prompts):
            ticket = ticket_for(request_for(base, prompt, adapters[number % len(adapters)]))
            engine.admit(BatchRow(ticket, ticket.adapter and engine.bank.get(ticket.adapter)))
        tokens = 0
        while engine.row_count:
            tokens += sum(isinstance(output.event, TokenEvent) for output in engine.step())
        assert tokens == len(prompts) * NEW_TOKENS

    return answer


def of_generate(model: PreTrainedModel, adapters: Sequence[str]) -> Arm:
    """Return the arm of transformers' `generate`, with peft's mixed batches if there are any."""
    generate: Any = model.generate

    def answer(prompts: list[list[int]]) -> None:
        ids = torch.tensor(prompts)
        names = [adapters[number % len(adapters)] for number in range(len(prompts)) if adapters]
        with torch.inference_mode():
            out = generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=NEW_TOKENS,
                eos_token_id=None,
                pad_token_id=0,
                **({"adapter_names": names} if names else {}),
            )
        assert out.shape[1] == PROMPT_TOKENS + NEW_TOKENS

    return answer


def prompts_of(count: int, seed: int) -> list[list[int]]:
    """Return random prompts that share nothing, so that none is read from memory."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, VOCABULARY, (count, PROMPT_TOKENS), generator=generator).tolist()


def pace(arm: Arm, prompts: list[list[int]]) -> float:
    """Return the generated tokens per CPU-second, reading the prompts included."""
    started_at = time.process_time()
    arm(prompts)
    return len(prompts) * NEW_TOKENS / (time.process_time() - started_at)


def compare(title: str, ours: Arm, theirs: Arm, name: str, rounds: int) -> None:
    """Print one table: a row for each batch size, the ratio as the median of the rounds'."""
    print(f"\n| {title}, batch | understudy | {name} | ratio |\n|---|--:|--:|--:|")
    for batch in BATCHES:
        for arm in (ours, theirs):
            arm(prompts_of(batch, seed=999))
        pairs: list[tuple[float, float]] = []
        for turn in range(rounds):
            prompts = prompts_of(batch, seed=turn)
            pairs.append((pace(ours, prompts), pace(theirs, prompts)))
        our, their = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        print(f"| {batch} | {our:.1f} | {their:.1f} | {ratio:.2f} |", flush=True)


def with_peft(model: PreTrainedModel, adapters: Sequence[Path]) -> PreTrainedModel:
    """Return peft's model with all adapters loaded under their directories' names."""
    from peft import PeftModel

    mixed = PeftModel.from_pretrained(model, str(adapters[0]), adapter_name=adapters[0].name)
    for adapter in adapters[1:]:
        mixed.load_adapter(str(adapter), adapter_name=adapter.name)
    # It is none by its class, but it has the same `generate`.
    return mixed.eval()  # pyright: ignore[reportReturnType]


def _transformers_model(base: Path, dtype: torch.dtype) -> PreTrainedModel:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype).eval()
    # As with ours, nothing ends an answer early.
    model.generation_config.eos_token_id = None
    return model


def main() -> None:
    """Measure what is asked for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--base", type=Path, help="a transformers directory of 49,152 tokens; random if omitted"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    disable_progress_bar()
    set_verbosity_error()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        base: Path = asked.base or write_base(root / "base")
        engine = load_engine(base, EngineLimits())
        dtype = fastest_dtype()
        print(f"{dtype}, {asked.threads} thread(s), {asked.rounds} rounds")
        if "bases" in asked.parts:
            model = _transformers_model(base, dtype)
            ours, theirs = of_engine(engine, base, [None]), of_generate(model, [])
            compare("base alone", ours, theirs, "transformers", asked.rounds)
        if "adapters" in asked.parts:
            adapters = write_adapters(base, root / "adapters", ADAPTERS)
            model = _transformers_model(base, dtype)
            theirs = of_generate(with_peft(model, adapters), [path.name for path in adapters])
            ours = of_engine(engine, base, adapters)
            compare(f"{ADAPTERS} adapters mixed", ours, theirs, "peft", asked.rounds)
        if "http" in asked.parts:
            measure_http(root / "http", base, asked.rounds)
        if "publishing" in asked.parts:
            measure_publishing(root / "publishing", asked.rounds)


if __name__ == "__main__":
    main()
