"""Conditions on metadata in a query: `metadata[key]=value`."""

from starlette.datastructures import QueryParams

from understudy.errors import InvalidRequestError
from understudy.wording import worded

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
            worded(
                "api.metadata_most_pairs_can",
                "Invalid 'metadata': at most {max_pairs} pairs can be asked for.",
                max_pairs=_MAX_PAIRS,
            ),
            param="metadata",
        )
    return pairs
