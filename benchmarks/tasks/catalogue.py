"""The tasks of the learning benchmark by name, each made when it is asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.tasks import fetching
from benchmarks.tasks.function_calls import few_calls, function_calls
from benchmarks.tasks.generated import extraction, persona, ticket_codes
from benchmarks.tasks.task import Task
from benchmarks.tasks.text_corpora import mail, pronunciation

TASKS: Mapping[str, Callable[[Path], Task]] = {
    "calls": lambda cache: function_calls(fetching.fetched(fetching.FUNCTION_CALLS, cache)),
    "ten-calls": lambda _: few_calls(),
    "mail": lambda cache: mail(fetching.fetched(fetching.MAIL, cache)),
    "pronunciation": lambda cache: pronunciation(fetching.fetched(fetching.PRONUNCIATION, cache)),
    "extraction": lambda _: extraction(),
    "tickets": lambda _: ticket_codes(),
    "persona": lambda _: persona(),
}
"""Each takes the directory of the cache."""
