"""Items of a Responses input that only name an item of a stored response."""

from collections.abc import Mapping

from understudy.errors import NotFoundError
from understudy.schemas.responses.items import Item
from understudy.schemas.responses.request import Input, InputItem
from understudy.wording import worded


def is_reference(wire: InputItem) -> bool:
    """Say whether an item stands for another; the official types allow nothing but an id."""
    is_bare = wire.type is None and wire.role is None and wire.content is None
    return wire.type == "item_reference" or (is_bare and wire.id is not None)


def referenced_ids(wire: Input | None) -> list[str]:
    """Return the ids of the items that an input refers to."""
    items = () if wire is None or isinstance(wire, str) else wire
    return [item.id for item in items if item.id is not None and is_reference(item)]


def referenced(id: str, stored: Mapping[str, Item]) -> Item:
    """Return the item of that id; raises NotFoundError in OpenAI's words."""
    found = stored.get(id)
    if found is None:
        raise NotFoundError(
            worded(
                "chat.item_id_not_found",
                "Item with id '{id}' not found. Items are not persisted when `store` "
                "is set to false. Try again with `store` set to true, or remove this "
                "item from your input.",
                id=id,
            ),
            param="input",
        )
    return found
