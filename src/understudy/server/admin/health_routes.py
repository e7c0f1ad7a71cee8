"""Whether the server lives, and whether everything that it needs answers."""

import asyncio

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from understudy.errors import UnavailableError
from understudy.server.services import Services, ServicesDep

router = APIRouter()

_PATIENCE_SECONDS = 2.0


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer; that is all there is to see."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesDep) -> Response:
    """Answer 200 when requests can be served, and 503 naming what is missing before that."""
    parts = {"database": _database(services), "engine": _engine(services)}
    answers = await asyncio.gather(*parts.values())
    missing = [name for name, is_there in zip(parts, answers, strict=True) if not is_there]
    if missing:
        return JSONResponse({"status": "starting", "missing": missing}, status_code=503)
    return JSONResponse({"status": "ready"})


async def _database(services: Services) -> bool:
    def ask() -> None:
        with services.database.read() as session:
            services.database.now(session)

    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await run_in_threadpool(ask)
    except (SQLAlchemyError, TimeoutError):
        return False
    return True


async def _engine(services: Services) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await services.engine.stats()
    except (UnavailableError, TimeoutError):
        return False
    return True
