"""Whether a row has every value of its own that a grader's templates name, without grading."""

from typing import NamedTuple

from understudy.graders.base import Grader
from understudy.graders.grade import GradingError
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Variable, value_of

_NO_SAMPLE = Sample(given={})


class AbsentVariable(NamedTuple):
    """A variable that a row has no value for, and the template that names it."""

    variable: Variable
    place: str
    """Where the template stands in its grader, such as `input[0].content`."""


def absent_variable(grader: Grader, item: Item) -> AbsentVariable | None:
    """Return the first `item.…` variable of the grader's templates that the item lacks."""
    for place, template in grader.templates.items():
        for variable in template.variables:
            if variable.root == "item" and not _has(item, variable):
                return AbsentVariable(variable, place)
    return None


def _has(item: Item, variable: Variable) -> bool:
    try:
        value_of(variable, _NO_SAMPLE, item)
    except GradingError:
        return False
    return True
