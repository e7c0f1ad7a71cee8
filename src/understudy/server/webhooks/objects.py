"""Webhook endpoints and deliveries as the objects that stand on the wire."""

from understudy.schemas.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointWithSecret,
)
from understudy.storage.tables.webhooks import WebhookDeliveryRow, WebhookEndpointRow
from understudy.webhooks.deliveries import DeliveryStatus
from understudy.webhooks.endpoints import EndpointPolicy


def endpoint_object(row: WebhookEndpointRow, policy: EndpointPolicy) -> WebhookEndpoint:
    """Write an endpoint."""
    return WebhookEndpoint(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        name=row.name,
        url=row.url,
        event_types=row.event_types,
        signing_secret_hint=policy.secret(row).hint,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )


def endpoint_with_secret(
    row: WebhookEndpointRow, policy: EndpointPolicy
) -> WebhookEndpointWithSecret:
    """Write an endpoint with its secret."""
    fields = endpoint_object(row, policy).model_dump()
    return WebhookEndpointWithSecret(**fields, signing_secret=policy.secret(row).text)


def delivery_object(row: WebhookDeliveryRow) -> WebhookDelivery:
    """Write a delivery."""
    is_pending = row.status == DeliveryStatus.PENDING
    return WebhookDelivery(
        id=row.id,
        event_id=row.event_id,
        event_type=row.event_type,
        object_id=row.object_id,
        status=row.status,  # pyright: ignore[reportArgumentType]  # the states are these
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_attempt_at=int(row.available_at) if is_pending else None,
        attempts=[WebhookAttempt(**each) for each in row.attempts],
    )
