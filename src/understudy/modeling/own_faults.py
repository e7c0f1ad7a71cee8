"""Faults of our own code inside a model's forward, kept apart from what a model cannot do."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from understudy.errors import InvalidRequestError
from understudy.modeling.free_memory import is_out_of_memory

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

CANNOT_RUN = (TypeError, ValueError, AttributeError, KeyError, IndexError, RuntimeError)
"""What a model's forward may raise when it does not take our arguments."""


class UnsupportedAttentionError(InvalidRequestError):
    """A model asks for attention that is not computed here; the text says which."""

    def __init__(self, attention: str) -> None:
        super().__init__(
            f"its attention has {attention}", code="model_not_available", param="model"
        )


class OwnFaultError(Exception):
    """Our own code failed while a model ran: a defect here, and no fact about the model.

    On purpose none of `CANNOT_RUN`, so that no trial takes it for a verdict.
    """


def faults_are_ours(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let what a function raises, but for its refusals, pass through trials of a model."""

    @functools.wraps(function)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except CANNOT_RUN as fault:
            if is_out_of_memory(fault):
                raise
            raise OwnFaultError(f"{function.__name__} failed: {fault}") from fault

    return guarded
