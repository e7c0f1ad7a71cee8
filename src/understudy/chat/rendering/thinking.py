"""How much a model shall think, said in the variables of its chat template."""

from collections.abc import Collection, Mapping

from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import Effort

SWITCHES = ("enable_thinking", "thinking")
SCALE = "reasoning_effort"
_OFF = ("none", "minimal")
_STEPS = ("low", "medium", "high")


def thinking_variables(effort: Effort, known: Collection[str]) -> Mapping[str, object]:
    """Return the variables that ask for `effort`, of those that a template reads.

    Raises InvalidRequestError when the template has no switch and no scale, or not this step.
    """
    switched = {name: effort not in _OFF for name in SWITCHES if name in known}
    if SCALE not in known and not switched:
        raise InvalidRequestError(
            "Unsupported parameter: 'reasoning_effort' is not supported with this model, whose "
            "chat template has no switch for thinking; leave it out, or let the alias that is "
            'asked for ignore it: ignore = ["reasoning_effort"], under [aliases] in '
            "understudy.toml.",
            code="unsupported_parameter",
            param="reasoning_effort",
        )
    if SCALE not in known or (switched and effort in _OFF):
        return switched
    if effort not in _STEPS:
        raise InvalidRequestError(
            f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
            "Supported values are: 'low', 'medium', and 'high'.",
            code="unsupported_value",
            param="reasoning_effort",
        )
    return {**switched, SCALE: effort}
