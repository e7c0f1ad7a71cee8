from pathlib import Path

import pytest

from tests.tiny import WEATHER, assistant, user
from tests.unit.chat.templates import renderer_of, write_family
from understudy.chat.named_templates import fitting
from understudy.chat.named_templates.shipped import NAMED_TEMPLATES
from understudy.chat.named_templates.trial import examine
from understudy.chat.named_templates.words import findings_in_lines, with_way_out
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError


def refusal(renderer: ChatRenderer, *, has_tools: bool) -> str:
    """What is said of a file that the template refuses."""
    talk = [user("a"), assistant("b"), user("c"), assistant("d")]
    with pytest.raises(InvalidRequestError) as refused:
        renderer.training_ids(talk, [WEATHER] if has_tools else [], [False, True, False, True])
    return with_way_out(refused.value, renderer, "my/base").message


@pytest.mark.parametrize(
    ("family", "template"), [("gemma3", "gemma"), ("llama3", "llama3"), ("phi4", "tools")]
)
def test_refused_tools_come_with_the_one_command_that_helps(family: str, template: str):
    said = refusal(renderer_of(family), has_tools=True)

    assert said.endswith(f"type: understudy models set-template my/base {template}")


@pytest.mark.parametrize(
    ("family", "template"),
    [
        ("deepseek-r1", "deepseek"),
        ("qwen3.5", "chatml-parameters"),
        ("gpt-oss", "harmony"),
    ],
)
def test_a_turn_that_cannot_be_learned_comes_with_the_command_that_helps(
    family: str, template: str
):
    said = refusal(renderer_of(family), has_tools=False)

    assert said.endswith(f"type: understudy models set-template my/base {template}")


def test_a_family_for_which_no_other_template_fits_is_offered_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_family(tmp_path, "gpt-oss")
    others = {name: one for name, one in NAMED_TEMPLATES.items() if name != "harmony"}
    monkeypatch.setattr(fitting, "NAMED_TEMPLATES", others)
    # What helps a renderer is found once.
    with (tmp_path / "chat_template.jinja").open("a") as file:
        file.write("{# another #}")
    said = refusal(ChatRenderer.from_directory(tmp_path), has_tools=False)

    assert "set-template" not in said


def test_what_does_not_work_is_said_with_what_does(tmp_path: Path):
    write_family(tmp_path, "gpt-oss")

    lines = list(findings_in_lines(examine(ChatRenderer.from_directory(tmp_path))))

    assert "training: the last answer of a conversation only" in lines
    assert "parallel calls: no, one call an answer" in lines
