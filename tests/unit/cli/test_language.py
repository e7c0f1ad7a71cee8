"""Commands in Chinese: what a person reads follows the environment, what programs read does not."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from understudy.cli.evals.gate import enough_passed
from understudy.cli.evals.verdicts import verdict_said
from understudy.cli.language import Language, chinese_sentences, said, said_with, terminal_language
from understudy.cli.main import app
from understudy.wording import together, worded

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_first_variable_that_is_set(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("LANG")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() is Language(language)


def test_a_sentence_is_said_with_its_values_and_the_words_of_others_stay():
    created = worded("job.created", "Created fine-tuning job: {job}", job="ftjob-1")
    assert said(created) == "已创建微调任务：ftjob-1"
    assert said("connection refused") == "connection refused"
    assert said(worded("no.such", "An older client.")) == "An older client."


def test_sentences_within_a_sentence_and_beside_each_other_are_said_too():
    why = worded("job.why.usual", "the usual one")
    auto = worded("job.auto", '{name}={value} ("auto": {why})', name="n_epochs", value=3, why=why)
    assert said(auto) == "n_epochs=3（“auto”：通常的值）"
    started = worded("job.started", "Fine-tuning job started")
    assert said(together((started, started))) == "微调任务已开始微调任务已开始"


def test_what_the_server_wrote_beside_its_text_is_said():
    wording = {"code": "api.no_job", "values": {"job": "ftjob-1"}}
    assert "ftjob-1" in said_with("Could not find fine tune: ftjob-1", wording)
    assert said_with("Could not find fine tune: ftjob-1", wording) != (
        "Could not find fine tune: ftjob-1"
    )
    assert said_with("As it is.", None) == "As it is."


def test_faults_of_a_file_are_printed_by_line_in_chinese(tmp_path: Path):
    file = tmp_path / "bad.jsonl"
    file.write_text('{"messages": 5}\n' * 3)
    printed = CliRunner().invoke(app, ["check", str(file), "--home", str(tmp_path / "home")])
    assert printed.exit_code == 1
    lines = printed.output.splitlines()
    assert "有 3 处错误；用它创建的任务会失败。" in lines[0]
    assert any(line.startswith("1\t") and "应为数组" in line for line in lines)


def test_the_report_for_programs_is_the_same_in_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "bad.jsonl"
    file.write_text('{"messages": 5}\n')
    command = ["check", str(file), "--json", "--home", str(tmp_path / "home")]
    printed = CliRunner().invoke(app, command).stdout
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert json.loads(printed) == json.loads(CliRunner().invoke(app, command).stdout)


def test_errors_of_a_command_are_chinese(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    printed = CliRunner().invoke(app, ["jobs", "list"])
    assert printed.exit_code == 1
    assert printed.stderr.startswith("错误：没有设置 OPENAI_BASE_URL。")


def test_a_gate_says_its_numbers_in_chinese():
    check = enough_passed({"passed": 8, "errored": 0, "total": 10}, 0.9)
    assert said(check.message) == "10 项中通过 8 项（80.0%），但至少需要 90.0 %。"


def test_a_verdict_is_said_from_its_statements():
    numbers = {
        "kind": "passing", "criterion": None, "base": 0.5, "candidate": 0.9, "difference": 0.4,
        "low": 0.2, "high": 0.6, "items": 40, "p_value": 0.00001, "tests": 2,
    }  # fmt: skip
    better = {"code": "better", "values": numbers, "text": "The candidate is better."}
    shared = {
        "code": "common_part",
        "values": {"items": 40, "only_base": 2, "only_candidate": 0},
        "text": "Compared on the 40 items that both runs have.",
    }
    found = {"sentence": "The candidate is better.", "statements": [better, shared]}
    assert verdict_said(found) == (
        "候选模型更好：之前 50.0%，之后 90.0%，差值 +40.0 个百分点（95% 置信区间 +20.0 至 +60.0，"
        "p < 0.0001，已按 2 次检验校正，40 个项）。"
        "仅比较两个运行共有的 40 个项；另有 2 个仅在基准中，0 个仅在候选中。"
    )


def test_sides_of_a_mixed_verdict_name_criteria_and_what_of_them():
    part = {
        "kind": "score", "criterion": "style", "base": 0.5, "candidate": 0.6, "difference": 0.1,
        "low": None, "high": None, "items": 40, "p_value": 0.01, "tests": 1,
    }  # fmt: skip
    values = {"better": [part], "worse": [{**part, "kind": "passing", "difference": -0.1}]}
    mixed = {"code": "mixed", "values": values, "text": "The candidate is mixed."}
    assert verdict_said({"sentence": "", "statements": [mixed]}) == (
        "候选模型有升有降：style的得分（+0.100，p = 0.01）更好，"
        "style（-10.0 个百分点，p = 0.01）更差。"
    )


def test_no_template_holds_half_width_marks_between_chinese_letters():
    marks = {
        code: text
        for code, text in chinese_sentences().items()
        if any(f"{letter}{mark}" in text for letter in "的是有为行个" for mark in ",;:?!(")
    }
    assert marks == {}
