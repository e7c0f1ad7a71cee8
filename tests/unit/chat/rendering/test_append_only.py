import pytest

from tests.tiny import TEMPLATE
from understudy.chat.rendering.append_only import MARK
from understudy.chat.rendering.template import ChatTemplate

BODY = "[{{ message.role }}]{{ message.content }}"
FOR = "{% for message in messages %}"
PROVED = [
    TEMPLATE,
    FOR + BODY + "{% endfor %}",
    FOR + BODY + "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
    "{% set rest = messages[1:] %}{{ messages[0].content }}{% for message in rest %}"
    + BODY
    + "{% endfor %}",
    FOR + "{% if loop.first or messages[loop.index0 - 1].role != 'tool' %}#{% endif %}{% endfor %}",
    FOR + "{% if loop.last or messages[loop.index0 + 1].role != 'tool' %}#{% endif %}{% endfor %}",
    FOR
    + "{% for c in message.content %}{% if loop.last %}{{ c }}{% endif %}{% endfor %}{% endfor %}",
    "{% set end = '!' %}{% set ends = {'user': end} %}"
    + FOR
    + BODY
    + "{% endfor %}{% if add_generation_prompt %}{{ ends.user }}{% endif %}",
]
NOT_PROVED = [
    "{{ messages | length }}" + FOR + BODY + "{% endfor %}",
    FOR + "{% if loop.last %}!{% endif %}" + BODY + "{% endfor %}",
    FOR + "{{ loop.length }}" + BODY + "{% endfor %}",
    FOR + "{{ messages[loop.index0 + 1].content }}{% endfor %}",
    FOR + "{{ messages[-1].content }}{% endfor %}",
    FOR + "{% if add_generation_prompt %}!{% endif %}{% endfor %}",
    "{% for message in messages | reverse %}" + BODY + "{% endfor %}",
    "{% for message in messages if message.role != 'user' %}" + BODY + "{% endfor %}",
    FOR + BODY + "{% endfor %}{{ messages[0].content }}",
    "{% set eos_token = messages[0].content %}" + FOR + BODY + "{% endfor %}{{ eos_token }}",
    "{% set ns = namespace(all=messages) %}" + FOR + "{{ ns.all[-1].role }}{% endfor %}",
    "{% set l = messages %}" + FOR + "{{ l[-1].role }}{% endfor %}",
    FOR + "{% set outer = loop %}{% for c in 'ab' %}{{ outer.last }}{% endfor %}{% endfor %}",
    "{% set last = messages[0].content %}" + FOR + BODY + "{% endfor %}{{ last }}",
    FOR + "{% set last = '!' %}" + BODY + "{% endfor %}{{ last }}",
    "{% set last = '!' %}" + FOR + BODY + "{% set last = '?' %}{% endfor %}{{ last }}",
    "{% macro f() %}{{ messages | length }}{% endmacro %}" + FOR + "{{ f() }}{% endfor %}",
]
CONVERSATION = [
    {"role": role, "content": f"{role} {number}"}
    for number in range(4)
    for role in ("user", "tool", "tool", "assistant")
]


@pytest.mark.parametrize("source", PROVED)
def test_what_is_proved_holds_for_every_prompt(source: str):
    template = ChatTemplate(source, {})
    head = template.head_messages
    whole = template.render(CONVERSATION, (), add_generation_prompt=False)

    assert head is not None
    for count in range(head, len(CONVERSATION)):
        if CONVERSATION[count]["role"] == "assistant":
            beginning = template.render(CONVERSATION[:count], (), add_generation_prompt=False)
            assert whole.startswith(beginning)


@pytest.mark.parametrize("source", PROVED)
def test_the_marks_stand_before_the_messages_and_change_nothing_else(source: str):
    template = ChatTemplate(source, {})

    marked = template.render(CONVERSATION, (), add_generation_prompt=True, mark=True)

    assert marked.replace(MARK, "") == template.render(CONVERSATION, (), add_generation_prompt=True)
    assert marked.count(MARK) >= len(CONVERSATION) - 1


@pytest.mark.parametrize("source", NOT_PROVED)
def test_a_template_that_may_look_ahead_is_not_proved(source: str):
    assert ChatTemplate(source, {}).head_messages is None
