import time
from datetime import date

import pytest

from understudy.chat.rendering import template as chat_template
from understudy.chat.rendering.template import ChatTemplate, today
from understudy.errors import InvalidRequestError

ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ 'a' * 10 ** 12 }}",
    "{{ 10 ** 999999999 }}",
    "{{ range(10 ** 9) | list }}",
]


def render(source: str, **variables: str) -> str:
    template = ChatTemplate(source, variables)
    return template.render([{"role": "user", "content": "x"}], (), add_generation_prompt=True)


@pytest.mark.parametrize("source", ENDLESS)
def test_a_template_that_does_not_end_is_stopped(source: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chat_template, "TIME_LIMIT_SECONDS", 0.2)
    started = time.thread_time()

    with pytest.raises(InvalidRequestError, match="refuses the conversation"):
        render(source)

    assert time.thread_time() - started < 2


def test_the_clock_starts_anew_for_every_rendering(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chat_template, "TIME_LIMIT_SECONDS", 0.2)
    template = ChatTemplate("{% for a in range(10) %}.{% endfor %}", {})
    time.sleep(0.3)

    assert template.render([], (), add_generation_prompt=True) == "." * 10


@pytest.mark.parametrize("source", ["{{ messages[0].content + 1 }}", "{{ 1 / 0 }}", "{{ a.b.c }}"])
def test_a_template_that_fails_refuses_the_conversation(source: str):
    with pytest.raises(InvalidRequestError, match="refuses the conversation"):
        render(source)


def test_a_template_that_cannot_be_compiled_is_refused():
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        render("{% for %}")


def test_what_transformers_offers_to_templates_is_there():
    assert render("{% generation %}a{{ eos_token }}{% endgeneration %}", eos_token="b") == "ab"
    assert render("{{ {'b': 'é<', 'a': 1} | tojson }}") == '{"b": "é<", "a": 1}'
    assert (
        render("{% for a in [1, 2] %}{% if a > 1 %}{% break %}{% endif %}{{ a }}{% endfor %}")
        == "1"
    )


def test_a_template_prints_the_date_of_the_day():
    assert render("{{ strftime_now('%d %b %Y') }}") == f"{today():%d %b %Y}"


def test_a_template_prints_the_day_that_it_is_given():
    source = "{{ strftime_now('%A, %-d %B %Y') }}, {{ date_string }}"
    template = ChatTemplate(source, {}).dated(date(2024, 7, 6))
    printed = template.render([], (), add_generation_prompt=True)
    assert printed == "Saturday, 6 July 2024, 06 Jul 2024"


def test_a_templates_own_date_stands_where_it_is_given_none():
    source = "{% if not date_string is defined %}{% set date_string = 'own' %}{% endif %}"
    assert render(source + "{{ date_string }}") == "own"
