"""Webhook endpoints: create, list, change, rotate, test, delete."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.schemas.webhooks import (
    ChangeWebhookEndpoint,
    CreateWebhookEndpoint,
    RotateWebhookSecret,
    TestWebhookEndpoint,
    WebhookEndpoint,
    WebhookEndpointDeleted,
    WebhookEndpointTest,
    WebhookEndpointWithSecret,
    WebhookEventTypes,
)
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.services import ServicesDep
from understudy.server.webhooks.objects import endpoint_object, endpoint_with_secret
from understudy.server.webhooks.testing import send_sample
from understudy.webhooks import endpoints
from understudy.webhooks.endpoints import EndpointChange
from understudy.webhooks.events import EVENT_TYPES

router = APIRouter()

_BODY_BYTES = 64 * 1024


@router.get("/webhook_event_types")
def event_types(project: CurrentProject) -> WebhookEventTypes:
    """List what can be heard of on this server."""
    return WebhookEventTypes(data=EVENT_TYPES)


@router.post("/webhook_endpoints", openapi_extra=json_body(CreateWebhookEndpoint))
async def create(
    request: Request, services: ServicesDep, project: CurrentProject
) -> WebhookEndpointWithSecret:
    """Add an endpoint; only this answer and a rotation's hold its signing secret."""
    body = await read_json(request, CreateWebhookEndpoint, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        endpoints.create_endpoint,
        services.database,
        services.webhook_policy(),
        project.id,
        name=body.name,
        url=body.url,
        types=list(body.event_types),
    )
    return endpoint_with_secret(row, services.webhook_policy())


@router.get("/webhook_endpoints")
def list_(
    services: ServicesDep, project: CurrentProject, after: str | None = None, limit: Limit = 20
) -> PageWithIds[WebhookEndpoint]:
    """List the project's endpoints, newest first."""
    cursor = Cursor(after=after, limit=limit, order=Order.NEWEST_FIRST)
    page = endpoints.list_endpoints(services.database, project.id, cursor)
    policy = services.webhook_policy()
    return page_with_ids(page, lambda row: endpoint_object(row, policy))


@router.get("/webhook_endpoints/{webhook_endpoint_id}")
def retrieve(
    webhook_endpoint_id: str, services: ServicesDep, project: CurrentProject
) -> WebhookEndpoint:
    """Show one endpoint."""
    row = endpoints.get_endpoint(services.database, project.id, webhook_endpoint_id)
    return endpoint_object(row, services.webhook_policy())


@router.post(
    "/webhook_endpoints/{webhook_endpoint_id}", openapi_extra=json_body(ChangeWebhookEndpoint)
)
async def change(
    webhook_endpoint_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> WebhookEndpoint:
    """Change name, address or event types; what is waiting goes to the new address."""
    body = await read_json(request, ChangeWebhookEndpoint, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        endpoints.change_endpoint,
        services.database,
        services.webhook_policy(),
        project.id,
        webhook_endpoint_id,
        EndpointChange(name=body.name, url=body.url, event_types=body.event_types),
    )
    return endpoint_object(row, services.webhook_policy())


@router.delete("/webhook_endpoints/{webhook_endpoint_id}")
def delete(
    webhook_endpoint_id: str, services: ServicesDep, project: CurrentProject
) -> WebhookEndpointDeleted:
    """Delete an endpoint with the log of its deliveries."""
    endpoints.delete_endpoint(services.database, project.id, webhook_endpoint_id)
    return WebhookEndpointDeleted(id=webhook_endpoint_id)


@router.post(
    "/webhook_endpoints/{webhook_endpoint_id}/rotate_secret",
    openapi_extra=json_body(RotateWebhookSecret),
)
async def rotate(
    webhook_endpoint_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> WebhookEndpointWithSecret:
    """Give an endpoint a new signing secret."""
    body = await read_json(request, RotateWebhookSecret, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        endpoints.rotate_secret,
        services.database,
        project.id,
        webhook_endpoint_id,
        keeps_old=body.keep_old_secret_active_for_24_hours,
    )
    return endpoint_with_secret(row, services.webhook_policy())


@router.post(
    "/webhook_endpoints/{webhook_endpoint_id}/test", openapi_extra=json_body(TestWebhookEndpoint)
)
async def test(
    webhook_endpoint_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> WebhookEndpointTest:
    """Send a sample of an event now, and say what the endpoint answered."""
    body = await read_json(request, TestWebhookEndpoint, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        endpoints.get_endpoint, services.database, project.id, webhook_endpoint_id
    )
    status_code = await send_sample(row, body.event_type, services.webhook_policy())
    return WebhookEndpointTest(
        webhook_endpoint_id=row.id, event_type=body.event_type, status_code=status_code
    )
