"""How fast conversations become training ids: ours with its proofs, and transformers' without."""

import multiprocessing
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from understudy import registry
from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer

PROCESSES = 2
EXAMPLES = 3000
REPEATS = 5
TOKENIZER = Path(registry.__file__).parent / "builtin" / "understudy-nano" / "tokenizer.json"
# The generation block is how transformers learns which tokens are the assistant's.
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ message['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# The same with a look ahead: nothing can be proved of it, so every prompt is rendered.
LOOKING_AHEAD = TEMPLATE.replace(
    "{{ message['content'] + '<|im_end|>\n' }}",
    "{{ message['content'] + '<|im_end|>\n' }}{% if loop.last %}{% endif %}",
)
WORDS = (
    "the of data model answer weather table river seven quickly because never 42 city (see) Ünit"
)
Conversation = list[dict[str, str]]


def main() -> None:
    """Measure both in turns, on the same conversations and with the same tokenizer."""
    conversations = make_conversations(EXAMPLES)
    long = [turns * 512 for turns in make_conversations(1, answers=1)]
    with tempfile.TemporaryDirectory() as made:
        for name, template in (("proved", TEMPLATE), ("compared", LOOKING_AHEAD)):
            directory = write_model(Path(made) / name, template)
            # In turns, so that what else runs here slows both alike.
            ways = (render_ours, render_theirs) * REPEATS
            speeds = [measure(way, directory, conversations) for way in ways]
            ours, theirs = speeds[0::2], speeds[1::2]
            report(f"ours, every prompt {name}", ours)
            report("transformers' mask, nothing proved", theirs)
            print(f"{'ratio':36} {statistics.median(ours) / statistics.median(theirs):10.2f}")
        directory = Path(made) / "proved"
        report("one talk of 1024 turns", [measure(render_ours, directory, long) for _ in range(3)])


def make_conversations(count: int, answers: int | None = None) -> list[Conversation]:
    """Return talks of one to four answers, each message of ten to sixty words."""
    draw = random.Random(0)
    words = WORDS.split()

    def said() -> str:
        return " ".join(draw.choices(words, k=draw.randint(10, 60)))

    return [
        [
            {"role": role, "content": said()}
            for _ in range(answers or draw.randint(1, 4))
            for role in ("user", "assistant")
        ]
        for _ in range(count)
    ]


def write_model(directory: Path, template: str) -> Path:
    """Write what a renderer reads of a model."""
    directory.mkdir()
    shutil.copy(TOKENIZER, directory)
    (directory / "tokenizer_config.json").write_text('{"eos_token": "<|im_end|>"}')
    (directory / "config.json").write_text('{"max_position_embeddings": 8192}')
    (directory / "chat_template.jinja").write_text(template)
    return directory


def measure(
    render: Callable[[Path, Sequence[Conversation]], tuple[int, float]],
    directory: Path,
    conversations: list[Conversation],
) -> float:
    """Return the tokens a second of all processes together."""
    parts = [conversations[at::PROCESSES] for at in range(PROCESSES)]
    parts = [part for part in parts if part]
    with multiprocessing.get_context("spawn").Pool(len(parts)) as pool:
        done = pool.starmap(render, [(directory, part) for part in parts])
    return sum(tokens for tokens, _ in done) / max(seconds for _, seconds in done)


def render_ours(directory: Path, conversations: Sequence[Conversation]) -> tuple[int, float]:
    """Return the tokens made of the conversations, and the seconds that took."""
    renderer = ChatRenderer.from_directory(directory)
    started = time.perf_counter()
    tokens = 0
    for conversation in conversations:
        messages = [Message(role=Role(m["role"]), content=m["content"]) for m in conversation]
        trained = [message.role is Role.ASSISTANT for message in messages]
        tokens += len(renderer.training_ids(messages, (), trained).ids)
    return tokens, time.perf_counter() - started


def render_theirs(directory: Path, conversations: Sequence[Conversation]) -> tuple[int, float]:
    """Return the same for transformers."""
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_file=str(directory / "tokenizer.json"))
    template = (directory / "chat_template.jinja").read_text()
    started = time.perf_counter()
    tokens = 0
    for conversation in conversations:
        made = tokenizer.apply_chat_template(
            conversation,
            chat_template=template,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        assert any(made["assistant_masks"])
        tokens += len(made["input_ids"])
    return tokens, time.perf_counter() - started


def report(name: str, speeds: Sequence[float]) -> None:
    """Print the median and the spread of several measurements."""
    middle = statistics.median(speeds)
    print(f"{name:36} {middle:10,.0f} tokens/s  ({min(speeds):,.0f} to {max(speeds):,.0f})")


if __name__ == "__main__":
    main()
