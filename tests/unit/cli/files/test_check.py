import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.unit.chat.frames import SMOLLM2
from tests.unit.cli.support import run, words, write_model_directory
from understudy.cli.demo.tasks import demo_tasks
from understudy.cli.files import advice_table, report_tables, token_preview

WEATHER = demo_tasks()[0].training_path


def check(tmp_path: Path, *arguments: object):
    return run("check", *map(str, arguments), "--home", str(tmp_path / "home"))


def chat_line(question: str, answer: str) -> str:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages})


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal with colours, whose output is kept."""
    console = Console(
        force_terminal=True, color_system="standard", width=300, record=True, highlight=False
    )
    monkeypatch.setattr(report_tables, "out", console)
    monkeypatch.setattr(advice_table, "out", console)
    monkeypatch.setattr(token_preview, "out", console)
    return console


def test_a_clean_file_ends_well(tmp_path: Path):
    result = check(tmp_path, WEATHER, "--tokens-per-second", 100)
    assert result.exit_code == 0, result.output
    text = words(result.output)
    assert "weather_training.jsonl is valid for fine-tuning" in text
    assert "understudy-nano, context of 2,048 tokens" in text or "understudy-mini" in text
    assert "at 100 tokens per second" in text
    assert "doubling" in text
    assert not (tmp_path / "home").exists()


def test_each_error_is_a_line_of_its_own_that_begins_with_its_place(tmp_path: Path):
    lines = [chat_line(f"q{i}", f"a{i}") for i in range(12)]
    lines[3] = "nonsense"
    lines[8] = json.dumps({"messages": [{"role": "robot", "content": "beep"}]})
    lines[9] = chat_line("q", "a").replace('"user"', '"user", "weight": 2')
    file = write(tmp_path / "bad.jsonl", *lines)
    result = check(tmp_path, file)
    assert result.exit_code == 1
    assert "has 3 error(s)" in words(result.output)
    found = [line for line in result.output.splitlines() if "\t" in line]
    assert [line.partition("\t")[0] for line in found] == ["4", "9", "10"]
    assert "unrecognized role 'robot'" in found[1]


def test_a_file_with_too_few_examples_ends_badly(tmp_path: Path):
    result = check(tmp_path, write(tmp_path / "few.jsonl", *[chat_line("q", "a")] * 9))
    assert result.exit_code == 1
    assert "invalid_n_examples: Training file has 9 example(s)" in words(result.output)


def test_json_is_complete_and_nothing_else_is_printed(tmp_path: Path):
    result = check(tmp_path, WEATHER, "--json", "--validation", WEATHER)
    report = json.loads(result.stdout)
    assert report["is_clean"] is True
    assert report["examples"] == len(WEATHER.read_bytes().splitlines())
    assert report["validation"]["leakage"]["exact"]["count"] == report["examples"]
    few = write(tmp_path / "few.jsonl", chat_line("q", "a"))
    result = check(tmp_path, few, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["verdict"]["code"] == "invalid_n_examples"


def test_a_base_of_the_home_counts_the_tokens(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    home = tmp_path / "home"
    home.mkdir()
    (home / "understudy.toml").write_text(f'[models."my/base"]\ndirectory = "{directory}"\n')
    result = check(tmp_path, WEATHER, "--model", "my/base", "--json")
    assert json.loads(result.stdout)["model"] == "my/base"
    assert json.loads(result.stdout)["context_length"] == 512


def test_what_is_not_there_is_said(tmp_path: Path):
    result = check(tmp_path, WEATHER, "--model", "nobody")
    assert result.exit_code == 1
    assert "There is no base model 'nobody'; choose one of" in words(result.stderr)
    result = check(tmp_path, tmp_path / "missing.jsonl")
    assert "File not found" in words(result.stderr)
    result = check(tmp_path, WEATHER, "--method", "magic")
    assert result.exit_code == 2


def test_a_shown_line_is_one_token_a_line_with_the_learned_ones_marked(tmp_path: Path):
    result = check(tmp_path, WEATHER, "--show", 3)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    learned = "".join(json.loads(text) for mark, _, text in rows if mark == "+")
    assert learned.startswith("<tool_call>")
    assert learned.endswith("</tool_call><|im_end|>")
    assert {mark for mark, _, _ in rows} == {"+", "-"}
    as_json = json.loads(check(tmp_path, WEATHER, "--show", 3, "--json").stdout)
    assert [str(token["id"]) for token in as_json["tokens"]] == [id for _, id, _ in rows]


def test_only_the_call_and_its_end_are_coloured_on_a_terminal(tmp_path: Path, terminal: Console):
    assert check(tmp_path, WEATHER, "--show", 3).exit_code == 0
    shown, _, legend = terminal.export_text(styles=True).rpartition("Line 3")
    text = Text.from_ansi(shown)
    coloured = [
        text.plain[span.start : span.end]
        for span in text.spans
        if isinstance(span.style, Style) and span.style.bgcolor is not None
    ]
    learned = "".join(coloured).replace("\u21b5", "").replace("\n", "")
    assert learned.startswith('<tool_call>{"name": "get_current_weather"')
    assert learned.endswith("</tool_call><|im_end|>")
    assert "trained" in legend


def test_pairs_are_checked_as_pairs(tmp_path: Path):
    lines = [
        json.dumps(
            {
                "input": {"messages": [{"role": "user", "content": f"question {i}"}]},
                "preferred_output": [{"role": "assistant", "content": f"the better answer {i}"}],
                "non_preferred_output": [{"role": "assistant", "content": "no"}],
            }
        )
        for i in range(12)
    ]
    file = write(tmp_path / "pairs.jsonl", *lines)
    result = check(tmp_path, file, "--method", "dpo")
    assert result.exit_code == 0, result.output
    assert "longer output preferred" in words(result.output)
    assert check(tmp_path, file).exit_code == 1
    shown = check(tmp_path, file, "--method", "dpo", "--show", 2).stdout
    learned = [line.split("\t")[2] for line in shown.splitlines() if line.startswith("+")]
    # Both answers are compared, the preferred one first.
    assert "".join(map(json.loads, learned)) == "the better answer 1<|im_end|>no<|im_end|>"


def test_a_line_that_cannot_be_shown_ends_badly(tmp_path: Path):
    result = check(tmp_path, WEATHER, "--show", 100_000)
    assert result.exit_code == 1
    assert "no example on line 100000" in words(result.stderr)


def test_the_report_is_pleasant_on_a_terminal(tmp_path: Path, terminal: Console):
    spam = [chat_line(f"mail {i}@example.org", "spam" if i % 4 else "ham") for i in range(40)]
    file = write(tmp_path / "spam.jsonl", *spam)
    assert check(tmp_path, file, "--validation", file).exit_code == 0
    text = words(terminal.export_text())
    for part in (
        "spam.jsonl is valid for fine-tuning",
        "email address",
        "30 (75%)",
        "validation: also in training",
    ):
        assert part in text
    assert "█" in text


def test_what_a_file_holds_cannot_steer_the_terminal(tmp_path: Path, terminal: Console):
    evil = "\x1b[31mred\x07 [bold]markup[/]"
    file = write(tmp_path / "evil.jsonl", *[chat_line(f"{evil} {i}", evil) for i in range(12)])
    assert check(tmp_path, file).exit_code == 0
    assert check(tmp_path, file, "--show", 1).exit_code == 0
    assert "\x1b" not in terminal.export_text(clear=False)
    assert "\x07" not in terminal.export_text(clear=False)
    assert "[bold]markup[/]" in terminal.export_text()


def test_a_file_with_tools_that_the_template_refuses_gets_the_command_that_helps(tmp_path: Path):
    directory = write_model_directory(tmp_path / "m")
    (directory / "chat_template.jinja").write_text(SMOLLM2)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "understudy.toml").write_text(
        f'[models."a/b"]\ndirectory = "{directory}"\n'
    )
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    line = json.dumps({"messages": messages, "tools": tools})

    result = check(tmp_path, write(tmp_path / "t.jsonl", *[line] * 10), "--model", "a/b")

    assert result.exit_code == 1
    assert "type: understudy models set-template a/b chatml-think" in words(result.output)


def test_advice_says_how_much_it_matters_and_which_lines_it_is_about(tmp_path: Path):
    lines = [chat_line(f"{number} squared?", f"It is {number**2}.") for number in range(50)]
    lines += [chat_line(f"Who is {number}?", "TODO: ask Tom") for number in range(9)]
    lines += [chat_line("Go on", " "), chat_line("Go  on!", "No.")]
    result = check(tmp_path, write(tmp_path / "advised.jsonl", *lines))
    assert result.exit_code == 0
    advice = words(result.output.partition("Advice")[2])
    assert advice.index("must mend") < advice.index("look at") < advice.index("note")
    assert "line 60" in advice
    assert "lines 51, 52, 53, 54, 55, 56, 57, 58, …" in advice
    assert "9 example(s) have an answer with something left to fill in" in advice
    assert "lines 60, 61" in advice
