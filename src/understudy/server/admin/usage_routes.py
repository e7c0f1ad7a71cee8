"""Our own route below /v1/x/ that says what a project used over a time."""

from datetime import date

from fastapi import APIRouter

from understudy.schemas.admin.usage import UsageObject
from understudy.server.admin.usage import days_of, today, usage_of
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/usage")


@router.get("")
def usage(
    services: ServicesDep,
    project: CurrentProject,
    start_date: date | None = None,
    end_date: date | None = None,
) -> UsageObject:
    """Show requests, tokens and jobs by day, key and model; days in UTC, both included."""
    return usage_of(services.database, project.id, days_of(start_date, end_date, today=today()))
