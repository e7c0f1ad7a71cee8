"""What 1,000 calls of a teacher and of a student take."""

from typing import Any

import pytest

from understudy.config.remote_models import RemoteModelTable
from understudy.distilling.costs import price_of_1000, seconds_of_1000
from understudy.registry.remote_models import RemoteEndpoint

MODEL = "gpt-4.1-2025-04-14"


def remotes(**prices: float) -> dict[str, RemoteEndpoint]:
    table = RemoteModelTable(base_url="http://127.0.0.1:9/v1", model=MODEL, **prices)  # type: ignore[arg-type]
    return {"teacher": table.endpoint("teacher", created=1)}


def sample(tokens_in: int, tokens_out: int, model: str = "teacher") -> dict[str, Any]:
    return {"model": model, "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}}


def test_a_call_costs_its_tokens_by_both_prices():
    priced = remotes(price_in=2.0, price_out=8.0)

    # (100 x 2 + 10 x 8) / 1,000,000 and (300 x 2 + 30 x 8) / 1,000,000, a thousand of their mean.
    assert price_of_1000([sample(100, 10), sample(300, 30)], priced) == pytest.approx(0.56)


def test_imported_answers_have_the_price_of_the_model_under_its_own_name():
    assert price_of_1000([sample(1000, 0, MODEL)], remotes(price_in=2.0, price_out=8.0)) == 2.0


@pytest.mark.parametrize(
    ("samples", "prices"),
    [
        ([sample(100, 10)], {}),
        ([sample(100, 10)], {"price_in": 2.0}),
        (
            [sample(100, 10), sample(100, 10, "understudy-mini")],
            {"price_in": 2.0, "price_out": 8.0},
        ),
        ([sample(0, 0)], {"price_in": 2.0, "price_out": 8.0}),
        ([], {"price_in": 2.0, "price_out": 8.0}),
    ],
)
def test_what_is_not_known_has_no_price(samples: list[dict[str, Any]], prices: dict[str, float]):
    assert price_of_1000(samples, remotes(**prices)) is None


def test_a_student_takes_the_seconds_that_its_run_measured():
    assert seconds_of_1000({"invocations": 20, "seconds": 5.0}) == 250.0
    # Runs of earlier versions, and answers of other servers.
    assert seconds_of_1000({"invocations": 20}) is None
    assert seconds_of_1000({"invocations": 20, "seconds": 0.0}) is None
    assert seconds_of_1000({}) is None
