"""Which templates fit a base, found with real small tokenizers of the families."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tiny import WEATHER, assistant, user
from tests.unit.chat.templates import FAMILIES, write_family
from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES
from understudy.chat.named_templates.trial import Learns, end_token, examine
from understudy.chat.rendering import template
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
PROMPT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def fitting(directory: Path, family: str) -> TemplateFitting:
    write_family(directory, family)
    return TemplateFitting.of_directory(directory)


def bare(directory: Path, family: str) -> TemplateFitting:
    """A base model of a family as many are published: no template, and only `<eos>` ends it."""
    write_family(directory, family)
    (directory / "chat_template.jinja").unlink()
    (directory / "generation_config.json").unlink()
    return TemplateFitting.of_directory(directory)


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("tools-chatml", "chatml"),
        ("qwen3", "chatml-think"),
        ("deepseek-v3", "deepseek"),
        ("shipped-glm", "glm"),
        ("llama3", "llama3"),
        ("gemma3", "gemma"),
        ("mistral-list", "mistral"),
        ("shipped-phi", "phi"),
        ("shipped-phi3", "phi3"),
        ("shipped-plain", "plain"),
    ],
)
def test_a_base_without_a_template_gets_that_of_its_tokens(tmp_path: Path, family: str, name: str):
    found = bare(tmp_path, family)

    assert found.own is None
    assert found.recommended == name
    findings = found.fitting[name].findings
    assert (findings.learns, findings.learns_calls) == (Learns.EVERY_TURN, Learns.EVERY_TURN)
    assert findings.has_tools
    assert findings.has_system


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("deepseek-r1", "deepseek"),
        ("deepseek-r1-distill", "deepseek"),
        ("glm4.5-published", "glm"),
        ("nemotron3-nano", "chatml-parameters"),
        ("qwen3.5", "chatml-parameters"),
        ("qwen3.6", "chatml-parameters"),
    ],
)
def test_a_family_whose_own_template_cannot_be_trained_is_offered_one_that_can(
    tmp_path: Path, family: str, name: str
):
    found = fitting(tmp_path, family)
    thought = replace(assistant("b"), reasoning="c")

    assert found.own is not None
    assert found.own.findings.learns is not Learns.EVERY_TURN
    assert found.recommended == name
    learned = found.named(name).renderer.training_ids(
        [user("a"), thought, user("a"), thought], [], [False, True, False, True]
    )
    assert found.named(name).renderer.decode(learned.ids).count("<think>") == 2


@pytest.mark.parametrize("family", ["lfm2", "cohere2", "tools-chatml"])
def test_what_is_recommended_begins_a_text_as_the_own_template_does(tmp_path: Path, family: str):
    found = fitting(tmp_path, family)
    ids = [
        one.renderer.prompt_ids([user("a")]) for one in (found.own, found.fitting["tools"]) if one
    ]
    assert ids[0] == ids[1]
    assert found.recommended in ("tools", None)


@pytest.mark.parametrize("family", ["built-in", "qwen2.5", "qwen3-2507", "phi4-mini"])
def test_a_template_that_lacks_nothing_is_not_replaced(tmp_path: Path, family: str):
    assert fitting(tmp_path, family).recommended is None


def test_what_is_found_is_what_happens(tmp_path: Path):
    """Every family is tried, and what the trial says agrees with what is known of it."""
    for name, family in FAMILIES.items():
        directory = tmp_path / name
        directory.mkdir()
        findings = examine(ChatRenderer.from_directory(write_family(directory, name)))

        assert findings.chat_problem is None, name
        assert findings.has_tools == family.has_tools, name
        assert findings.has_parallel_calls == (family.has_tools and family.has_parallel_calls), name
        # Harmony ends an answer with another token where the conversation continues.
        every = Learns.LAST_TURN if name == "gpt-oss" else Learns.EVERY_TURN
        assert findings.learns is every, name


def test_a_template_that_cannot_be_trained_says_why(tmp_path: Path):
    findings = examine(ChatRenderer.from_directory(write_family(tmp_path, "deepseek-r1")))

    assert findings.learns is Learns.NOTHING
    assert findings.learns_problem is not None
    assert "message" in findings.learns_problem


def test_the_end_token_of_a_template_is_the_one_after_its_answers(tmp_path: Path):
    for name, family in FAMILIES.items():
        directory = tmp_path / name
        directory.mkdir()
        renderer = ChatRenderer.from_directory(write_family(directory, name))
        assert end_token(renderer) in family.ends


def test_the_template_of_another_family_is_refused_with_the_token_that_is_missing(tmp_path: Path):
    with pytest.raises(InvalidRequestError, match=r"no special token <\|start_header_id\|>"):
        fitting(tmp_path, "gemma3").named("llama3")


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path):
    with pytest.raises(InvalidRequestError, match="no chat template 'chatlm'") as refused:
        fitting(tmp_path, "gemma3").named("chatlm")
    assert all(name in refused.value.message for name in (*NAMED_TEMPLATES, "tools", "own"))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{% for m in messages %}", "cannot be read"),
        ("{% for i in range(10**9) %}{% endfor %}", "refuses the conversation|did not end"),
        (
            "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}",
            "did not end within",
        ),
        ("{{ messages[9].content.upper() }}", "refuses the conversation"),
        (TURNS.replace("im_end", "eot_id") + PROMPT, "end tokens|another family"),
        (TURNS.replace("im_start", "start") + PROMPT, "another family"),
        (TURNS.replace("<|im_end|>", "") + PROMPT, "end tokens|changes earlier turns"),
        (TURNS, "more than the answer"),
        (TURNS + PROMPT.replace("assistant", "{{ messages | length }}"), "changes earlier turns"),
    ],
)
def test_a_file_that_breaks_a_guarantee_is_refused(
    tmp_path: Path, source: str, why: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(template, "TIME_LIMIT_SECONDS", 0.3)
    file = tmp_path / "mine.jinja"
    file.write_text(source)

    with pytest.raises(InvalidRequestError, match=why):
        fitting(tmp_path, "tools-chatml").from_file(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    file = tmp_path / "mine.jinja"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidRequestError, match="not a text file"):
        fitting(tmp_path, "tools-chatml").from_file(file)


def test_a_file_brings_its_end_token(tmp_path: Path):
    file = tmp_path / "mine.jinja"
    file.write_text(NAMED_TEMPLATES["gemma"].source.replace("# Tools", "# Functions"))
    write_family(tmp_path, "gemma3")
    settings = tmp_path / "tokenizer_config.json"
    settings.write_text(json.dumps({"bos_token": "<bos>", "eos_token": "<eos>"}))
    (tmp_path / "generation_config.json").unlink()

    fitted = TemplateFitting.of_directory(tmp_path).from_file(file)

    vocabulary = fitted.renderer.vocabulary
    ends = [vocabulary.atom(id) for id in fitted.renderer.stop_ids]
    assert ends == ["<end_of_turn>", "<eos>"]


@pytest.mark.parametrize("family", ["phi4", "gemma", "gemma3", "llama3", "qwen3"])
def test_tools_that_are_added_leave_plain_chats_as_they_were(tmp_path: Path, family: str):
    found = fitting(tmp_path, family)
    added, own = found.named("tools"), found.own
    chat = [user("a"), assistant("b"), user("c")]

    assert own is not None
    assert added.renderer.prompt_ids(chat) == own.renderer.prompt_ids(chat)
    assert "get_weather" in added.renderer.decode(added.renderer.prompt_ids(chat, [WEATHER]))


def test_tools_cannot_be_added_to_a_template_that_writes_channels(tmp_path: Path):
    with pytest.raises(InvalidRequestError, match="Tool calls cannot be added"):
        fitting(tmp_path, "gpt-oss").named("tools")
