"""Conditions on metadata in a query: `metadata[key]=value`."""

from starlette.datastructures import QueryParams

from understudy.errors import InvalidRequestError

_MAX_PAIRS = 16
_PREFIX, _SUFFIX = "metadata[", "]"


def metadata_pairs(query: QueryParams) -> dict[str, str]:
    """Return the pairs that are asked for; raises InvalidRequestError for too many of them."""
    pairs = {
        name[len(_PREFIX) : -len(_SUFFIX)]: value
        for name, value in query.multi_items()
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    }
    if len(pairs) > _MAX_PAIRS:
        raise InvalidRequestError(
            f"Invalid 'metadata': at most {_MAX_PAIRS} pairs can be asked for.",
            param="metadata",
        )
    return pairs
