"""A row is looked through for what graders name before anything is graded."""

import pytest

from understudy.graders.item_variables import absent_variable
from understudy.graders.string_check import StringCheck
from understudy.graders.template import read_template

GRADER = StringCheck(
    name="same",
    input=read_template("{{ sample.output_json.year }}", param="input"),
    reference=read_template("{{ item.answer.years[0] }}", param="reference"),
    operation="eq",
    pass_threshold=1.0,
)


@pytest.mark.parametrize("item", [{"answer": {"years": [1905]}}, {"answer": '{"years": [1905]}'}])
def test_a_row_with_all_values_lacks_nothing(item: dict[str, object]):
    assert absent_variable(GRADER, item) is None


@pytest.mark.parametrize("item", [{}, {"answer": "1905"}, {"answer": {"years": []}}])
def test_what_a_row_lacks_is_named_with_its_place(item: dict[str, object]):
    absent = absent_variable(GRADER, item)

    assert absent is not None
    assert (str(absent.variable), absent.place) == ("item.answer.years[0]", "reference")
