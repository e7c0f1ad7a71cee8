"""Reads logs of model calls line by line, each in the form that it is recognised to have."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from understudy.data.files.json_lines import numbered_lines
from understudy.data.files.strict_json import parse_object
from understudy.distilling.logs.call import LoggedCall, UnusableLogError
from understudy.distilling.logs.litellm import is_litellm, read_litellm
from understudy.distilling.logs.openai_pairs import read_pair
from understudy.distilling.logs.opentelemetry import is_chat_span, read_span, spans_of
from understudy.wording import worded

_FORMS = (
    "is of no known form: a pair of 'request' and 'response', a line of LiteLLM's standard log, "
    "or a span of OpenTelemetry"
)


class LogEntry(NamedTuple):
    """What one line of a log, counted from 1, holds."""

    line: int
    found: LoggedCall | str
    """A call, or why there is none to store, in words that follow "Line 3"."""


def read_log(pieces: Iterable[bytes]) -> Iterator[LogEntry]:
    """Yield the calls of a log, and the lines that cannot be taken; holds one line in memory."""
    for number, line in numbered_lines(pieces):
        try:
            for call in _calls(parse_object(line)):
                yield LogEntry(number, call)
        except UnusableLogError as error:
            yield LogEntry(number, str(error))
        except ValueError as error:
            yield LogEntry(number, f"is not a JSON object: {error}")


def _calls(line: Mapping[str, Any]) -> Iterator[LoggedCall]:
    spans = spans_of(line)
    if spans is not None:
        # Tools and agents have spans of their own around those of the models.
        yield from (read_span(span) for span in spans if is_chat_span(span))
    elif is_litellm(line):
        yield read_litellm(line)
    elif "response" in line and ("request" in line or "body" in line):
        yield read_pair(line)
    else:
        keys = json.dumps(sorted(line)[:6], ensure_ascii=False)
        raise UnusableLogError(
            worded(
                "distill.keys",
                "{forms}. It has the keys {keys}",
                forms=_FORMS,
                keys=keys,
            )
        )
