"""The example without a server runs as it stands, and what it saves is a LoRA adapter."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tests.unit.worker.support import chat_lines
from understudy.modeling.lora import read_adapter
from understudy.registry.catalogue import builtin_bases

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_the_library_alone_trains_an_adapter_that_peft_loads(tmp_path: Path):
    chats = tmp_path / "chats.jsonl"
    chats.write_bytes(chat_lines(12, "Arr, the sky over the harbour is as grey as a gull."))
    loop = run(chats, tmp_path / "adapter")

    assert loop.returncode == 0, loop.stderr
    losses = [float(line.split()[-1]) for line in loop.stdout.splitlines()]
    assert len(losses) == 15
    assert losses[-1] < 0.5 * losses[0]
    adapter = read_adapter(tmp_path / "adapter")
    assert all(b_OR.any() for _, b_OR in adapter.layers.values())
    base = AutoModelForCausalLM.from_pretrained(builtin_bases()["understudy-nano"].directory)
    tuned = PeftModel.from_pretrained(base, tmp_path / "adapter")
    ids = torch.arange(40, 60)[None]
    with torch.no_grad():
        logits = tuned(ids).logits
        with tuned.disable_adapter():
            assert not torch.allclose(tuned(ids).logits, logits)


@pytest.mark.slow
def test_a_file_that_cannot_be_read_ends_the_example_with_its_number(tmp_path: Path):
    chats = tmp_path / "chats.jsonl"
    chats.write_bytes(chat_lines(1) + b'{"messages": []}\n')
    loop = run(chats, tmp_path / "adapter")

    assert loop.returncode == 1
    assert "Example 2 " in loop.stderr
    assert not (tmp_path / "adapter").exists()


def run(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "examples/loop_without_server.py", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
