"""What a new answer continues: an earlier response's conversation, and the tokens that it was."""

from dataclasses import dataclass

from understudy.answering.prompt import TokenHistory
from understudy.errors import InvalidRequestError
from understudy.schemas.responses.items import ITEMS, Item
from understudy.storage.tables.answers import ResponseRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class Continued:
    """An earlier response that has ended."""

    id: str
    items: tuple[Item, ...]
    """Its whole conversation, the answer included."""
    tokens: TokenHistory | None
    """None where they were not kept."""


def continued(row: ResponseRow) -> Continued:
    """Return what continues with a stored response.

    Raises InvalidRequestError for one that has not ended, or not with an answer.
    """
    if row.status not in ("completed", "incomplete"):
        raise InvalidRequestError(
            worded(
                "chat.previous_response_id_only",
                "Previous response with id '{id}' is {status}; only one that has "
                "been answered can be continued.",
                id=row.id,
                status=row.status,
            ),
            code="invalid_value",
            param="previous_response_id",
        )
    has_tokens = row.token_ids is not None and row.renderer_hash is not None
    return Continued(
        id=row.id,
        items=tuple(ITEMS.validate_python([*row.input, *row.body["output"]])),
        tokens=TokenHistory(renderer_hash=row.renderer_hash or "", ids=tuple(row.token_ids or ()))
        if has_tokens
        else None,
    )
