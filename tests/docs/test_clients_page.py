"""Every snippet of docs/clients.md runs as it stands: the pinned client against a live server."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live import KEY, LiveServer, live_server

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "clients.md").read_text()
CLIENTS = ROOT / "tests" / "clients"
PINS = CLIENTS / "requirements"
TUNED = r"ft:gpt-4o-mini-2024-07-18:personal::\w{8}"

# What a snippet prints when the client did what it shows; the small models say anything else.
PRINTED = {
    "dspy": [TUNED, "Prediction"],
    "instructor": [r"City\(name='"],
    "langchain": [r"name='.*' country='", "^weather$"],
    "litellm": [rf"{TUNED}|completed b'.*\"custom_id\""],
    "llamaindex": [rf"{TUNED}|processed[^$]*City\(name='"],
    "llm": [r'\{\s*"name"'],
    "openai": [TUNED],
    "openai-agents": [r"'ToolCallItem', 'ToolCallOutputItem'"],
    "promptfoo": [r"2 passed \(100%\)"],
    "openai-node": [TUNED, r"\{ name: "],
    "pydantic-ai": [r"City\(name='"],
    "semantic-kernel": [r"\w"],
    "vercel-ai": [r"\{ name: ", "^weather$"],
}

asked_for = pytest.mark.skipif(
    "CLIENTS" not in os.environ,
    reason="installs the clients; CLIENTS=DIRECTORY pytest -m slow runs it",
)


class Snippet(NamedTuple):
    language: str
    client: str
    text: str


SNIPPETS = [
    Snippet(*found)
    for found in re.findall(r"^```(\w+) (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]


def pins() -> dict[str, str]:
    """Every pinned package, as the table of the page writes it, and the client that it is for."""
    named = {
        line.strip().replace("==", " "): file.stem
        for file in PINS.glob("*.txt")
        for line in file.read_text().splitlines()
        if "==" in line
    }
    for file in CLIENTS.glob("*/package.json"):
        packages = json.loads(file.read_text())["dependencies"]
        named |= {f"{name} {version}": file.parent.name for name, version in packages.items()}
    return named


def test_the_table_names_the_versions_that_are_run():
    rows = re.findall(r"^\| \[.*?\]\(#.*?\) \| ([^|]+) \|", PAGE, re.MULTILINE)
    versions = [version for row in rows for version in row.split(", ")]
    assert len(rows) == len(PRINTED)
    assert [version.strip() for version in versions if version.strip() not in pins()] == []


def test_every_client_has_a_snippet_and_pins():
    clients = {snippet.client for snippet in SNIPPETS}
    assert clients == set(PRINTED)
    node = {each.client for each in SNIPPETS if each.language == "js"} | {"promptfoo"}
    assert {file.stem for file in PINS.glob("*.txt")} == clients - node


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("home")
    settings = PAGE.partition("```toml\n")[2].partition("```")[0]
    (home / "understudy.toml").write_text(settings)
    with live_server(home) as running:
        yield running


@asked_for
@pytest.mark.slow
@pytest.mark.timeout(1800)  # Of which the installation of a client may be most.
@pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=[f"{n}-{each.client}" for n, each in enumerate(SNIPPETS)]
)
def test_a_snippet_does_what_it_shows(server: LiveServer, snippet: Snippet, tmp_path: Path):
    words = ("red", "blue", "green", "gold", "grey", "pink", "teal", "lime", "navy", "plum")
    examples = [
        [{"role": "user", "content": f"Say {word}."}, {"role": "assistant", "content": word}]
        for word in words
    ]
    lines = [json.dumps({"messages": messages}) for messages in examples]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))
    done = subprocess.run(
        command(snippet, tmp_path),
        cwd=tmp_path,
        env=os.environ
        | {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_BASE": server.url,
            "OPENAI_API_KEY": KEY,
            "LLM_USER_PATH": str(tmp_path),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "DSPY_CACHEDIR": str(tmp_path / "cache"),
            "PROMPTFOO_CONFIG_DIR": str(tmp_path / "promptfoo"),
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for printed in PRINTED[snippet.client]:
        assert re.search(printed, done.stdout, re.MULTILINE), done.stdout + done.stderr


def command(snippet: Snippet, directory: Path) -> list[str]:
    """Write a snippet down beside its client, and return how it is run."""
    match snippet.language:
        case "js":
            # Node looks for packages beside the file, and not where it is run.
            script = node_modules("node").parent / f"{directory.name}.mjs"
            script.write_text(snippet.text)
            return ["node", str(script)]
        case "bash":
            is_node = snippet.client == "promptfoo"
            tools = (
                node_modules("promptfoo") / ".bin" if is_node else python_of(snippet.client).parent
            )
            return ["bash", "-ec", f'export PATH="{tools}:$PATH"\n{snippet.text}']
        case _:
            (directory / "snippet.py").write_text(snippet.text)
            return [str(python_of(snippet.client)), "snippet.py"]


def clients_directory() -> Path:
    return Path(os.environ["CLIENTS"]).expanduser().absolute()


def python_of(client: str) -> Path:
    """A Python with the pinned packages of one client; made once, and again when pins change."""
    wanted = (PINS / f"{client}.txt").read_text()
    directory = clients_directory() / client
    python, stamp = directory / "bin" / "python", directory / "pins.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv = (sys.executable, "-m", "venv", "--clear", "--without-pip", directory)
        subprocess.run(venv, check=True)
        pip = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps")
        subprocess.run([*pip, "-r", PINS / f"{client}.txt"], check=True)
        if client == "llamaindex":
            # It imports torch: large, and there already. What it has itself comes first.
            packages = next(directory.glob("lib/python*/site-packages"))
            (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
        stamp.write_text(wanted)
    return python


def node_modules(folder: str) -> Path:
    """The pinned packages of one folder of tests/clients, as npm lays them out."""
    wanted = (CLIENTS / folder / "package.json").read_text()
    directory = clients_directory() / folder
    stamp = directory / "installed.json"
    if not stamp.exists() or stamp.read_text() != wanted:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text(wanted)
        subprocess.run(["npm", "install", "--silent"], cwd=directory, check=True)
        stamp.write_text(wanted)
    return directory / "node_modules"
