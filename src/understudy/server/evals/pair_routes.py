"""Our own routes below /v1/x/: graded answers of eval runs as a preference file."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.evals.pair_files import PairsWish, look_for_pairs, make_pair_file
from understudy.evals.preference_pairs import FoundPairs, Pair
from understudy.schemas.evals.pairs import MakePairs, PreferencePairs, SamplePair
from understudy.server.http.auth import CurrentProject
from understudy.server.http.filenames import safe_filename
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/x/preference_pairs")

_BODY_BYTES = 64 * 1024
_MAX_SAMPLES = 5
_TOO_LONG = "Pairing these answers takes too long. Give fewer runs at once."


@router.post("/preview", openapi_extra=json_body(MakePairs))
async def preview(
    request: Request, services: ServicesDep, project: CurrentProject
) -> PreferencePairs:
    """Say which pairs runs make, and make nothing."""
    body = await read_json(request, MakePairs, limit_bytes=_BODY_BYTES)
    return _object(await run_in_threadpool(_look, services, project.id, body), file_id=None)


@router.post("", status_code=201, openapi_extra=json_body(MakePairs))
async def create(
    request: Request, services: ServicesDep, project: CurrentProject
) -> PreferencePairs:
    """Make a preference file of graded answers: the best to each prompt against the worst."""
    body = await read_json(request, MakePairs, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, body.model_dump_json())

    def make() -> PreferencePairs:
        found = _look(services, project.id, body)
        file = make_pair_file(
            services.database,
            services.blobs,
            project.id,
            found,
            safe_filename(body.filename),
            request=mark,
        )
        return _object(found, file_id=file.id)

    return await run_in_threadpool(make)


def _look(services: Services, project_id: str, body: MakePairs) -> FoundPairs:
    wish = PairsWish(runs=body.runs, criterion=body.criterion, min_difference=body.min_difference)
    with services.report_limiter.turn(too_long=_TOO_LONG) as check_stop:
        return look_for_pairs(services.database, project_id, wish, check_stop)


def _object(found: FoundPairs, *, file_id: str | None) -> PreferencePairs:
    return PreferencePairs(
        file_id=file_id,
        pairs=len(found.pairs),
        prompts=found.prompts,
        single_answer=found.single,
        too_close=found.too_close,
        left_out={reason.value: count for reason, count in found.left_out.items()},
        preferred_longer=found.preferred_longer,
        samples=[_sample(pair) for pair in found.pairs[:_MAX_SAMPLES]],
    )


def _sample(pair: Pair) -> SamplePair:
    return SamplePair(
        input=pair.better.messages,
        preferred=pair.better.text,
        non_preferred=pair.worse.text,
        preferred_score=pair.better.score,
        non_preferred_score=pair.worse.score,
        preferred_model=pair.better.model,
        non_preferred_model=pair.worse.model,
    )
