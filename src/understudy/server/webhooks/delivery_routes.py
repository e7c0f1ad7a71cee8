"""Our own routes below /v1/x/ on what is and was sent to an endpoint."""

from fastapi import APIRouter

from understudy.schemas.lists import Cursor, Order, Page
from understudy.schemas.webhooks import WebhookDelivery, WebhookEndpoint
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import Limit, page_object
from understudy.server.services import ServicesDep
from understudy.server.webhooks.objects import delivery_object, endpoint_object
from understudy.webhooks import deliveries, endpoints

router = APIRouter(prefix="/x/webhook_endpoints/{webhook_endpoint_id}")


@router.get("/deliveries")
def list_(
    webhook_endpoint_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
) -> Page[WebhookDelivery]:
    """List what is and was sent to an endpoint in the last 30 days, newest first."""
    cursor = Cursor(after=after, limit=limit, order=Order.NEWEST_FIRST)
    page = deliveries.list_deliveries(services.database, project.id, webhook_endpoint_id, cursor)
    return page_object(page, delivery_object)


@router.post("/deliveries/{delivery_id}/send_again")
def send_again(
    webhook_endpoint_id: str, delivery_id: str, services: ServicesDep, project: CurrentProject
) -> WebhookDelivery:
    """Send an event once more, under the same id."""
    row = deliveries.send_again(services.database, project.id, webhook_endpoint_id, delivery_id)
    return delivery_object(row)


@router.post("/enable")
def enable(
    webhook_endpoint_id: str, services: ServicesDep, project: CurrentProject
) -> WebhookEndpoint:
    """Send to an endpoint again that was disabled after days without an answer."""
    row = endpoints.enable_endpoint(services.database, project.id, webhook_endpoint_id)
    return endpoint_object(row, services.webhook_policy())
