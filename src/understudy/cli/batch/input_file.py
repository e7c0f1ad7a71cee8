"""The local file of a batch: which endpoint its requests are for."""

import json
from pathlib import Path
from typing import Any

from understudy.cli.client import ApiError
from understudy.wording import worded


def endpoint_of(path: Path) -> str:
    """Return the `url` of a file's first request; raises ApiError when it names none."""
    with path.open("rb") as file:
        first = file.readline()
    try:
        request: Any = json.loads(first)
    except ValueError:
        request = None
    url = request.get("url") if isinstance(request, dict) else None
    if not isinstance(url, str):
        raise ApiError(
            worded(
                "cli.batch.first_line_no_request",
                "The first line of {path} is no request of a batch. A line looks "
                "like this: "
                '{{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", '
                '"body": {{…}}}}',
                path=path,
            )
        )
    return url
