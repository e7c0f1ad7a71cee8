"""The library alone, no server: `python examples/loop_without_server.py chats.jsonl adapter`."""

import sys
from pathlib import Path

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.parse import parse_chat_file
from understudy.modeling.loading import load_base
from understudy.modeling.lora import add_lora, copy_adapter, save_adapter
from understudy.modeling.precision import fastest_dtype
from understudy.registry.catalogue import builtin_bases
from understudy.training.batching import batches
from understudy.training.loop import run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW
from understudy.training.schedule import linear_decay

EPOCHS, BATCH_SIZE, RANK, ALPHA = 5, 4, 16, 32.0
training_file, adapter_directory = Path(sys.argv[1]), Path(sys.argv[2])

# 1. A base model, and the file in the tokens that this model is asked with.
base = builtin_bases()["understudy-nano"]
model = load_base(base.directory, fastest_dtype()).model
renderer = ChatRenderer.from_directory(base.directory)
with training_file.open("rb") as lines:
    parsed = parse_chat_file(lines)
if parsed.problems:
    raise SystemExit("\n".join(problem.message for problem in parsed.problems))
rendered = [renderer.training_ids(x.messages, x.tools, x.trained) for x in parsed.examples]

# 2. Low-rank layers in place of the linear ones, and the loop that trains them.
layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=7)
steps = batches(rendered, epochs=EPOCHS, batch_size=BATCH_SIZE, tokens_per_micro_batch=4096, seed=7)
total_steps = EPOCHS * -(-len(rendered) // BATCH_SIZE)
run_steps(
    steps,
    lambda batch: next_token_loss(model, batch),
    MasterAdamW([p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]),
    linear_decay(4e-3, total_steps, warmup_steps=5),
    lambda outcome: print(f"{outcome.step}/{total_steps} loss {outcome.loss:.3f}"),
)

# 3. An adapter directory that `peft`, vLLM and `understudy` load.
adapter_directory.mkdir(parents=True, exist_ok=True)
save_adapter(adapter_directory, copy_adapter(layers, rank=RANK, alpha=ALPHA), base=base.name)
