"""A Modelfile for Ollama, whose template is proved to write what the model's chat template does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

# Private characters, which no template writes by itself.
_SYSTEM, _USER, _ANSWER = "\ue000s\ue001", "\ue000u\ue001", "\ue000a\ue001"
_ROLES = {_SYSTEM: Role.SYSTEM, _USER: Role.USER, _ANSWER: Role.ASSISTANT}


@dataclass(frozen=True, kw_only=True)
class _Turns:
    """What a template that writes turn after turn puts around the text of each."""

    default_system: str
    """What a conversation without a system message begins with."""
    around: dict[Role, tuple[str, str]]
    answer: str
    """What an answer follows."""

    def render(self, messages: Sequence[Message]) -> str:
        """Write a conversation as Ollama will."""
        text = "" if messages[0].role is Role.SYSTEM else self.default_system
        for message in messages:
            before, after = self.around[message.role]
            text += before + (message.content or "") + after
        return text + self.answer

    def in_go(self, opening: str) -> str:
        """Return the template in Ollama's language, without what Ollama opens a text with."""
        default, answer = self.default_system.removeprefix(opening), self.answer
        parts = {
            role: f"{before.removeprefix(opening)}{{{{ .Content }}}}{after}"
            for role, (before, after) in self.around.items()
        }
        return (
            f"{{{{ if not .System }}}}{default}{{{{ end }}}}{{{{ range .Messages }}}}"
            f'{{{{ if eq .Role "system" }}}}{parts[Role.SYSTEM]}'
            f'{{{{ else if eq .Role "user" }}}}{parts[Role.USER]}'
            f'{{{{ else if eq .Role "assistant" }}}}{parts[Role.ASSISTANT]}'
            f"{{{{ end }}}}{{{{ end }}}}{answer}"
        )


def write_modelfile(renderer: ChatRenderer, weights: str) -> str:
    """Return a Modelfile for a GGUF file of that name.

    Ollama does not read the chat template in a GGUF file. Where the model's template writes turn
    after turn, its equal in Ollama's language is written; else a comment says what to use.
    """
    stops = [renderer.decode([stop]) for stop in renderer.stop_ids]
    lines = [f"FROM ./{weights}", *(f"PARAMETER stop {json.dumps(stop)}" for stop in stops)]
    turns = _find_turns(renderer)
    if turns is None:
        lines += [
            "# The chat template of this model cannot be said in Ollama's language here. Write a",
            "# TEMPLATE that does what chat_template.jinja does, or serve the file with",
            "# 'llama-server --jinja', which reads the template in it.",
        ]
    else:
        opening = renderer.decode(renderer.vocabulary.opening_ids)
        lines.append(f'TEMPLATE """{turns.in_go(opening)}"""')
    return "\n".join(lines) + "\n"


def _find_turns(renderer: ChatRenderer) -> _Turns | None:
    """Return the turns of a template if they explain all that it writes of some conversations."""
    try:
        turns = _read_turns(renderer)
        literals = turns.render([_said(_SYSTEM), _said(_USER), _said(_ANSWER)])
        if "{{" in literals + turns.default_system or '"""' in literals + turns.default_system:
            return None
        is_proved = all(
            turns.render([_said(text) for text in texts]) == _written(renderer, *texts)
            for texts in (
                (_USER,),
                (_SYSTEM, _USER),
                (_USER, _ANSWER, _USER),
                (_SYSTEM, _USER, _ANSWER, _USER, _ANSWER, _USER),
            )
        )
    # A template may refuse a system message, or leave out what was said.
    except (InvalidRequestError, ValueError):
        return None
    return turns if is_proved else None


def _read_turns(renderer: ChatRenderer) -> _Turns:
    """Read the turns off what a template writes; raises ValueError where a text is missing."""
    alone, answer = _written(renderer, _USER).split(_USER)
    _, user_to_answer, answer_to_user, _ = _cut(_written(renderer, _USER, _ANSWER, _USER))
    before_system, system_to_user, _ = _cut(_written(renderer, _SYSTEM, _USER))
    before_user = _common_end(alone, system_to_user, answer_to_user)
    after_user = _end_of_user(renderer, before_user)
    if not (answer.startswith(after_user) and user_to_answer.startswith(after_user)):
        after_user = ""
    return _Turns(
        default_system=alone.removesuffix(before_user),
        around={
            Role.SYSTEM: (before_system, system_to_user.removesuffix(before_user)),
            Role.USER: (before_user, after_user),
            Role.ASSISTANT: (
                user_to_answer.removeprefix(after_user),
                answer_to_user.removesuffix(before_user),
            ),
        },
        answer=answer.removeprefix(after_user),
    )


def _end_of_user(renderer: ChatRenderer, before_user: str) -> str:
    """Return what ends a user's turn: two in a row show it where a template lets them."""
    try:
        between = _cut(_written(renderer, _USER, _USER))[1]
    except InvalidRequestError:
        return ""
    return between.removesuffix(before_user) if between.endswith(before_user) else ""


def _cut(text: str) -> list[str]:
    for mark in (_SYSTEM, _ANSWER):
        text = text.replace(mark, _USER)
    return text.split(_USER)


def _common_end(*texts: str) -> str:
    columns = zip(*(text[::-1] for text in texts), strict=False)
    common = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    return "".join(reversed(common))


def _said(text: str) -> Message:
    return Message(role=_ROLES[text], content=text)


def _written(renderer: ChatRenderer, *texts: str) -> str:
    return renderer.decode(renderer.prompt_ids([_said(text) for text in texts]))
