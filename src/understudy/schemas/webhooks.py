"""Webhook endpoints, and what is sent to them."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.lists import HasId

_Name = Annotated[StoredText, StringConstraints(min_length=1, max_length=256)]
_Url = Annotated[StoredText, StringConstraints(min_length=1, max_length=2048)]
_Types = Annotated[list[StoredText], Field(min_length=1, max_length=64)]


class CreateWebhookEndpoint(StrictRequest):
    """An address that wants to hear of events."""

    name: _Name
    url: _Url
    event_types: _Types


class ChangeWebhookEndpoint(StrictRequest):
    """What is to be different of an endpoint."""

    name: _Name | None = None
    url: _Url | None = None
    event_types: _Types | None = None


class RotateWebhookSecret(StrictRequest):
    """Asks for a new signing secret."""

    keep_old_secret_active_for_24_hours: bool = False


class TestWebhookEndpoint(StrictRequest):
    """Asks for a sample of an event."""

    event_type: StoredText


class WebhookEndpoint(HasId):
    """An endpoint; the three last fields are our own."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    created_at: int
    updated_at: int
    name: str
    url: str
    event_types: Sequence[str]
    signing_secret_hint: str
    failing_since: int | None
    """When the first of the attempts failed that failed since one succeeded."""
    disabled_at: int | None
    """Since when nothing is sent any more."""
    disabled_reason: str | None


class WebhookEndpointWithSecret(WebhookEndpoint):
    """An endpoint with its secret, which is answered when it is made and never again."""

    signing_secret: str


class WebhookEndpointDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["webhook_endpoint.deleted"] = "webhook_endpoint.deleted"
    deleted: Literal[True] = True


class WebhookEndpointTest(WireObject):
    """What an endpoint answered to a sample."""

    object: Literal["webhook_endpoint.test"] = "webhook_endpoint.test"
    webhook_endpoint_id: str
    event_type: str
    status_code: int
    success: Literal[True] = True


class WebhookEventTypes(WireObject):
    """What can be heard of."""

    object: Literal["list"] = "list"
    data: Sequence[str]


class WebhookAttempt(WireObject):
    """What came of sending an event once."""

    at: int
    status_code: int | None
    error: str | None
    milliseconds: int


class WebhookDelivery(HasId):
    """Our own object below /v1/x/: one event for one endpoint."""

    id: str
    object: Literal["webhook.delivery"] = "webhook.delivery"
    event_id: str
    event_type: str
    object_id: str
    """The job, run, batch or response that the event is about."""
    status: Literal["pending", "delivered", "failed"]
    created_at: int
    finished_at: int | None
    next_attempt_at: int | None
    attempts: Sequence[WebhookAttempt]
