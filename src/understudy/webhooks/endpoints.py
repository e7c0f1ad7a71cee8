"""What a project can do with its webhook endpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.ids import new_id
from understudy.outbound.addresses import is_public, literal_address
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.events import webhooks
from understudy.storage.paging import Page
from understudy.storage.tables.webhooks import WebhookEndpointRow
from understudy.webhooks.events import EVENT_TYPES
from understudy.webhooks.secrets import SigningSecret
from understudy.wording import worded

MAX_ENDPOINTS = 50
"""How many endpoints a project may have."""

_OLD_SECRET_SECONDS = 24 * 3600
_ALLOW = "the operator can allow it with 'private_addresses = true' in [webhooks]"


@dataclass(frozen=True, kw_only=True)
class EndpointPolicy:
    """What holds for every endpoint of one server."""

    pepper: bytes
    allows_private: bool
    """Whether endpoints may be private addresses, and http besides https."""

    def secrets(self, row: WebhookEndpointRow, now: float) -> list[SigningSecret]:
        """Return what signs for an endpoint now: after a rotation, two secrets for a day."""
        versions = [row.secret_version]
        if row.old_secret_until is not None and row.old_secret_until > now:
            versions.append(row.secret_version - 1)
        return [SigningSecret.derive(self.pepper, row.id, version) for version in versions]

    def secret(self, row: WebhookEndpointRow) -> SigningSecret:
        """Return the present secret of an endpoint."""
        return SigningSecret.derive(self.pepper, row.id, row.secret_version)


@dataclass(frozen=True, kw_only=True)
class EndpointChange:
    """What an endpoint shall be; None leaves what is there."""

    name: str | None
    url: str | None
    event_types: Sequence[str] | None


def create_endpoint(
    db: Database, policy: EndpointPolicy, project_id: str, *, name: str, url: str, types: list[str]
) -> WebhookEndpointRow:
    """Add an endpoint; raises InvalidRequestError."""
    _check_url(url, policy)
    check_types(types, param="event_types")
    with db.write() as session:
        if webhooks.count_endpoints(session, project_id) >= MAX_ENDPOINTS:
            raise InvalidRequestError(
                worded(
                    "webhooks.project_webhook_endpoints_which",
                    "This project has {max_endpoints} webhook endpoints, which is as "
                    "many as it may have; delete one that is not needed.",
                    max_endpoints=MAX_ENDPOINTS,
                )
            )
        now = int(db.now(session))
        row = WebhookEndpointRow(
            id=new_id("we_"),
            project_id=project_id,
            name=name,
            url=url,
            event_types=types,
            secret_version=1,
            old_secret_until=None,
            created_at=now,
            updated_at=now,
            failing_since=None,
            disabled_at=None,
            disabled_reason=None,
        )
        session.add(row)
        return row


def get_endpoint(db: Database, project_id: str, endpoint_id: str) -> WebhookEndpointRow:
    """Return a project's endpoint; raises NotFoundError."""
    with db.read() as session:
        return webhooks.find_endpoint(session, project_id, endpoint_id)


def list_endpoints(db: Database, project_id: str, cursor: Cursor) -> Page[WebhookEndpointRow]:
    """Return one page of a project's endpoints."""
    with db.read() as session:
        return webhooks.list_endpoints(session, project_id, cursor)


def change_endpoint(
    db: Database, policy: EndpointPolicy, project_id: str, endpoint_id: str, change: EndpointChange
) -> WebhookEndpointRow:
    """Change an endpoint; raises NotFoundError and InvalidRequestError.

    What is waiting to be sent goes to the new address.
    """
    if change.url is not None:
        _check_url(change.url, policy)
    if change.event_types is not None:
        check_types(change.event_types, param="event_types")
    with db.write() as session:
        row = webhooks.find_endpoint(session, project_id, endpoint_id)
        before = (row.name, row.url, row.event_types)
        row.name = row.name if change.name is None else change.name
        row.url = row.url if change.url is None else change.url
        if change.event_types is not None:
            row.event_types = list(change.event_types)
        if before != (row.name, row.url, row.event_types):
            row.updated_at = int(db.now(session))
        return row


def delete_endpoint(db: Database, project_id: str, endpoint_id: str) -> None:
    """Delete an endpoint with the log of its deliveries; raises NotFoundError."""
    with db.write() as session:
        session.delete(webhooks.find_endpoint(session, project_id, endpoint_id))


def rotate_secret(
    db: Database, project_id: str, endpoint_id: str, *, keeps_old: bool
) -> WebhookEndpointRow:
    """Give an endpoint a new secret; the old one signs for 24 more hours where it is kept."""
    with db.write() as session:
        row = webhooks.find_endpoint(session, project_id, endpoint_id)
        now = int(db.now(session))
        row.secret_version += 1
        row.old_secret_until = now + _OLD_SECRET_SECONDS if keeps_old else None
        row.updated_at = now
        return row


def enable_endpoint(db: Database, project_id: str, endpoint_id: str) -> WebhookEndpointRow:
    """Send to an endpoint again that was disabled; raises NotFoundError."""
    with db.write() as session:
        row = webhooks.find_endpoint(session, project_id, endpoint_id)
        row.disabled_at = row.disabled_reason = row.failing_since = None
        return row


def disable(session: Session, row: WebhookEndpointRow, reason: str, now: float) -> None:
    """Send nothing more to an endpoint until its owner enables it."""
    row.disabled_at, row.disabled_reason = int(now), reason


def _check_url(url: str, policy: EndpointPolicy) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequestError(
            worded(
                "webhooks.no_url_give_one",
                "This is no URL; give one such as 'https://example.com/hooks'.",
            ),
            param="url",
        ) from None
    schemes = ("https", "http") if policy.allows_private else ("https",)
    if parts.scheme not in schemes or not host:
        more = f" An http address is sent nothing; {_ALLOW}." if parts.scheme == "http" else ""
        raise InvalidRequestError(
            worded(
                "webhooks.webhook_endpoint_https_url",
                "A webhook endpoint is an https URL, such as 'https://example.com/hooks'.{more}",
                more=more,
            ),
            param="url",
        )
    if parts.username or parts.password:
        raise InvalidRequestError(
            worded(
                "webhooks.url_webhook_endpoint_holds",
                "The URL of a webhook endpoint holds no user and no password: the "
                "signature says who sends.",
            ),
            param="url",
        )
    address = literal_address(host)
    if address is not None and not is_public(address) and not policy.allows_private:
        raise InvalidRequestError(
            worded(
                "webhooks.no_public_address",
                "{host} is no public address; {allow}.",
                host=host,
                allow=_ALLOW,
            ),
            code="private_address",
            param="url",
        )


def check_types(types: Sequence[str], *, param: str) -> None:
    """Raise InvalidRequestError for an event type that never happens here."""
    for type in types:
        if type not in EVENT_TYPES:
            raise InvalidRequestError(
                worded(
                    "webhooks.does_not_happen_server",
                    "'{type}' does not happen on this server. Supported values are: {names}.",
                    type=type[:100],
                    names=", ".join(EVENT_TYPES),
                ),
                param=param,
            )
    if len(set(types)) < len(types):
        raise InvalidRequestError(
            worded(
                "webhooks.event_type_given_twice",
                "An event type is given twice.",
            ),
            param=param,
        )
