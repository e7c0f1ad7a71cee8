"""What following a schema costs of decode time: the masks, measured beside the whole step.

    python -m benchmarks.structured_output [--tokens 64] [--batches 1 8 32]

A Llama of 135M parameters with random weights in bfloat16 and a vocabulary of 49,152 answers the
same prompts with and without a schema, in turns; times are of the processor, not of the clock.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from built_in_models.tokenizer import train_tokenizer
from understudy.chat.grammar.schemas import LOOSE, json_rule
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.grammars import CompiledGrammars
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import Ticket, ticket_for
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import GenerateRequest, ModelRef, Sampling, TokenEvent

_VOCABULARY = 49_152
_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 30}},
        "count": {"type": "integer"},
        "author": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "email": {"type": ["string", "null"]}},
            "required": ["name", "email"],
            "additionalProperties": False,
        },
    },
    "required": ["title", "tags", "count", "author"],
    "additionalProperties": False,
}


def make_base(directory: Path) -> Path:
    """Write a random model and a tokenizer with as many tokens as it has rows."""
    config = LlamaConfig(
        vocab_size=_VOCABULARY,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(directory)
    _write_tokenizer(directory / "tokenizer.json")
    return directory


def _write_tokenizer(file: Path) -> None:
    """Write a byte-level tokenizer, filled up with words to which no merge leads."""
    tokenizer = json.loads(train_tokenizer(["a few words to begin with"]).to_str())
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    for number in range(len(vocabulary), _VOCABULARY):
        vocabulary[f"w{number}."] = number
    file.write_text(json.dumps(tokenizer), encoding="utf-8")


def tickets(base: Path, count: int, tokens: int, grammar: str | None) -> list[Ticket]:
    """Return as many requests, each with a seed of its own."""
    return [
        ticket_for(
            GenerateRequest(
                request_id=str(number),
                model=ModelRef(base=base.name, base_directory=str(base)),
                prompt_ids=tuple(range(300, 332)),
                sampling=Sampling(
                    temperature=1.0,
                    top_p=1.0,
                    max_tokens=tokens,
                    seed=number,
                    stop_ids=(0,),
                    top_logprobs=0,
                    frequency_penalty=0.0,
                    presence_penalty=0.0,
                    logit_bias=(),
                ),
                grammar=grammar,
            )
        )
        for number in range(count)
    ]


def seconds_per_token(engine: Engine, grammars: CompiledGrammars, asked: Sequence[Ticket]) -> float:
    """Answer all at once and return the processor's seconds for each token."""
    for ticket in asked:
        while not grammars.is_ready(ticket):
            time.sleep(0.01)
        engine.admit(BatchRow(ticket, None, grammars.get(ticket)))
    tokens = 0
    started = time.process_time()
    while engine.row_count:
        tokens += sum(isinstance(output.event, TokenEvent) for output in engine.step())
    return (time.process_time() - started) / tokens


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    grammar = f"start: {json_rule(_SCHEMA, LOOSE, is_strict=True)}"
    with tempfile.TemporaryDirectory() as home:
        base = make_base(Path(home))
        engine = load_engine(base, EngineLimits())
        grammars = CompiledGrammars(when_compiled=lambda: None)
        print("batch  ms/token free  ms/token held  share of the step")
        for batch in arguments.batches:
            free: list[float] = []
            held: list[float] = []
            for _ in range(arguments.rounds):
                for times, text in ((free, None), (held, grammar)):
                    asked = tickets(base, batch, arguments.tokens, text)
                    times.append(seconds_per_token(engine, grammars, asked))
            plain, bound = statistics.median(free), statistics.median(held)
            print(f"{batch:5}  {plain * 1e3:13.2f}  {bound * 1e3:13.2f}  {bound / plain - 1:17.1%}")
        grammars.close()


if __name__ == "__main__":
    main()
