import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import acceptance
from tests.unit.server.batches.shop import KilledError, Shop
from understudy.schemas.batches import MAX_INPUT_BYTES, BatchStatus
from understudy.server.batches.asking import LinePatience
from understudy.server.batches.record import BATCHES
from understudy.server.batches.service import cancel
from understudy.storage.batches import answered_numbers
from understudy.storage.tables.batches import BatchRow
from understudy.work.lease import release_worker

TEXTS = [f"t{n}" for n in range(200)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def test_a_line_whose_answer_is_recorded_is_not_asked_again(shop: Shop):
    batch = shop.begin(TEXTS)
    for limit in (60, 130):
        with pytest.raises(KilledError):
            shop.work(stop_after=limit)
        with shop.db.read() as session:
            recorded = answered_numbers(session, batch.id)
        asked_before = dict(shop.asked)
        assert release_worker(shop.db, BATCHES, "w") == 1

    ended = shop.work()

    assert (ended.status, ended.completed, ended.failed) == (BatchStatus.COMPLETED, 200, 0)
    assert recorded
    texts_recorded = {TEXTS[number - 1] for number in recorded}
    assert {t for t in texts_recorded if shop.asked[t] != asked_before[t]} == set()
    found = shop.rows(ended.output_file)
    assert [row["custom_id"] for row in found] == [f"c{n}" for n in range(200)]
    assert [row["response"]["body"]["echo"] for row in found] == TEXTS


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(shop: Shop):
    answers = {
        "busy": [(429, {"retry-after-ms": "1"}, {}), (503, {}, {}), (200, {}, {})],
        "full": [(507, {"x-should-retry": "false"}, {})],
        "wrong": [(400, {}, {})],
        "broken": [(500, {}, {})] * 5,
    }
    shop.answers = lambda text: answers[text].pop(0)
    shop.begin(answers)
    ended = shop.work()
    assert dict(shop.asked) == {"busy": 3, "full": 1, "wrong": 1, "broken": 3}
    assert (ended.completed, ended.failed) == (1, 3)
    statuses = [row["response"]["status_code"] for row in shop.rows(ended.error_file)]
    assert statuses == [507, 400, 500]


def test_patience_ends(shop: Shop):
    shop.answers = lambda _: (503, {}, {"error": {}})
    shop.begin(["a"])
    began = time.monotonic()
    ended = shop.work(LinePatience(away_seconds=0.2, first_pause_seconds=0.05))
    assert time.monotonic() - began < 5
    assert shop.asked["a"] > 1
    assert [row["response"]["status_code"] for row in shop.rows(ended.error_file)] == [503]


def test_what_answers_cost_is_counted_in_the_words_of_every_api(shop: Shop):
    usages = {
        "chat": {
            "prompt_tokens": 10,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
        "response": {
            "input_tokens": 100,
            "output_tokens": 30,
            "input_tokens_details": {"cached_tokens": 40},
            "output_tokens_details": {"reasoning_tokens": 20},
        },
        "vector": {"prompt_tokens": 1000, "total_tokens": 1000},
        "nothing": None,
    }
    shop.answers = lambda text: (200, {}, {"usage": usages[text]})
    shop.begin(usages)
    ended = shop.work()
    assert (ended.input_tokens, ended.cached_tokens) == (1110, 44)
    assert (ended.output_tokens, ended.reasoning_tokens) == (33, 22)


def test_a_file_that_is_too_large_fails_the_batch(shop: Shop):
    batch = shop.begin(["a"])
    with shop.blobs.path(batch.input_blob).open("ab") as file:
        file.truncate(MAX_INPUT_BYTES + 1)
    ended = shop.work()
    assert ended.status == BatchStatus.FAILED
    assert ended.errors is not None
    assert ended.errors[0]["code"] == "file_too_large"


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_largest_batch_takes_little_memory(shop: Shop):
    shop.begin(["warm"])
    shop.work()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = "x" * 4000
    shop.begin(f"{n} {text}" for n in range(50_000))
    ended = shop.work()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (ended.status, ended.completed) == (BatchStatus.COMPLETED, 50_000)
    assert after - before < 100 * 1024, "in KB"
    assert len(shop.rows(ended.output_file)) == 50_000


def test_files_that_were_not_written_are_written_without_asking_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.begin(TEXTS)
    with monkeypatch.context() as patched:
        patched.setattr("understudy.server.batches.running.write_files", _die)
        with pytest.raises(KilledError):
            shop.work()
    release_worker(shop.db, BATCHES, "w")
    ended = shop.work()
    assert (ended.status, ended.completed) == (BatchStatus.COMPLETED, 200)
    assert set(shop.asked.values()) == {1}
    assert len(shop.rows(ended.output_file)) == 200


def test_a_batch_that_was_never_begun_in_its_window_expires_with_every_line(shop: Shop):
    batch = shop.begin(TEXTS)
    with shop.db.write() as session:
        session.query(BatchRow).filter_by(id=batch.id).update({"expires_at": 1})
    ended = shop.work()
    assert (ended.status, ended.output_file, ended.total) == (BatchStatus.EXPIRED, None, 200)
    assert (ended.completed, ended.failed) == (0, 0)
    assert [row["error"]["code"] for row in shop.rows(ended.error_file)] == ["batch_expired"] * 200
    assert shop.asked.total() == 0


def test_a_batch_that_is_cancelled_before_it_was_validated_has_no_files(shop: Shop):
    batch = shop.begin(TEXTS)
    cancel(shop.db, shop.project, batch.id)
    ended = shop.work()
    assert (ended.status, ended.output_file, ended.error_file) == ("cancelled", None, None)


def _die(*_: object) -> None:
    raise KilledError
