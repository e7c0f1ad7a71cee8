"""Whether the server lives, and whether everything that it needs answers."""

import asyncio

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from understudy.server.admin.probes import engine_stats, is_database_there
from understudy.server.services import ServicesDep

router = APIRouter()

_PATIENCE_SECONDS = 2.0


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer; that is all there is to see."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesDep) -> Response:
    """Answer 200 when requests can be served, and 503 naming what is missing before that."""
    has_database, stats = await asyncio.gather(
        is_database_there(services.database, patience_seconds=_PATIENCE_SECONDS),
        engine_stats(services.engine, patience_seconds=_PATIENCE_SECONDS),
    )
    parts = {"database": has_database, "engine": stats is not None}
    missing = [name for name, is_there in parts.items() if not is_there]
    if missing:
        return JSONResponse({"status": "starting", "missing": missing}, status_code=503)
    return JSONResponse({"status": "ready"})
