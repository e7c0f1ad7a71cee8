"""How long the report of a 10,000-example file takes, in processor seconds of one core."""

import json
import random
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.report.control_tokens import special_tokens
from understudy.data.report.examples import read_file
from understudy.data.report.report import Report
from understudy.data.report.reporting import ReportModel, make_report
from understudy.registry.catalogue import builtin_bases

EXAMPLES = 10_000
WORDS_A_TURN = 40
ROUNDS = 3


class Measured(NamedTuple):
    """A report and what it cost."""

    report: Report
    seconds: float


def main() -> None:
    """Make a file of two-turn chats with tools and report on it several times."""
    renderer = ChatRenderer.from_directory(builtin_bases()["understudy-nano"].directory)
    model = ReportModel(
        name="understudy-nano",
        base="understudy-nano",
        renderer=renderer,
        special_tokens=special_tokens(renderer.vocabulary),
        tokens_per_second=None,
    )
    lines = list(made_lines(random.Random(1)))
    measured = [measure(lines, model) for _ in range(ROUNDS)]
    report = measured[0].report
    print(
        f"{report.examples} examples, {sum(map(len, lines)) / 1e6:.1f} MB, "
        f"{report.tokens.total.total} tokens"
    )
    seconds = statistics.median(each.seconds for each in measured)
    print(f"report, median of {ROUNDS}: {seconds:.1f} processor seconds")


def measure(lines: list[bytes], model: ReportModel) -> Measured:
    """Read and judge the file once."""
    started_at = time.process_time()
    report = make_report(read_file(lines, Method.SUPERVISED), None, model)
    return Measured(report, time.process_time() - started_at)


def made_lines(chance: random.Random) -> Iterator[bytes]:
    """Yield lines whose texts have nothing in common but their words."""
    words = [
        "".join(chance.choices("abcdefghiklmnoprstuw", k=chance.randint(2, 9))) for _ in range(3000)
    ]
    schema = {"type": "object", "properties": {"query": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "search", "parameters": schema}}

    def said() -> str:
        return " ".join(chance.choices(words, k=WORDS_A_TURN))

    for number in range(EXAMPLES):
        function = {"name": "search", "arguments": json.dumps({"query": said()[:40]})}
        call = {"id": "call_1", "type": "function", "function": function}
        messages = [
            {"role": "system", "content": "You are a helpful assistant of the town's library."},
            {"role": "user", "content": said()},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": said()},
            {"role": "assistant", "content": said() + f" Write to user{number}@example.org."},
        ]
        yield json.dumps({"messages": messages, "tools": [tool]}).encode() + b"\n"


if __name__ == "__main__":
    main()
