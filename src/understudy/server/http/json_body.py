"""JSON bodies: of requests, bounded and as the schema wants them, and of answers."""

import asyncio
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from understudy.data.files.json_lines import bytes_besides_images
from understudy.data.files.strict_json import parse_object
from understudy.errors import (
    InvalidRequestError,
    OverloadedError,
    PayloadTooLargeError,
    SlowBodyError,
)
from understudy.server.http.body_memory import BodyShare
from understudy.server.http.drain import drain
from understudy.server.http.validation_errors import request_error
from understudy.wording import worded

Body = TypeVar("Body", bound=BaseModel)

_MAX_SECONDS = 600.0
"""The largest body takes that long at less than a megabit a second."""
IMAGES_BYTES = 48 * 1024 * 1024
"""Of the images in data URLs that one request may hold."""


def json_body(schema: type[BaseModel]) -> dict[str, Any]:
    """Return what `openapi.json` says of a route that reads its body by `read_json`."""
    reference = {"$ref": f"#/components/schemas/{schema.__name__}"}
    content = {"application/json": {"schema": reference}}
    return {"requestBody": {"required": True, "content": content}}


async def read_json(
    request: Request, schema: type[Body], *, limit_bytes: int, images_bytes: int = 0
) -> Body:
    """Read the body of `request` as a `schema`.

    Raises InvalidRequestError, or PayloadTooLargeError for more than `limit_bytes`, besides which
    there may be `images_bytes` of images in data URLs.
    """
    _check_content_type(request)
    text = await read_bounded(request, limit_bytes + images_bytes)
    if len(text) > limit_bytes:
        await run_in_threadpool(_check_besides_images, text, limit_bytes)
    return await run_in_threadpool(parse_body, text, schema)


def parse_body(text: bytes, schema: type[Body]) -> Body:
    """Read a body that is at hand."""
    try:
        value = parse_object(text)
    except ValueError as error:
        raise InvalidRequestError(
            worded(
                "api.we_could_not_parse",
                "We could not parse the JSON body of your request: {error}.",
                error=str(error),
            )
        ) from error
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        raise request_error(error.errors(include_url=False)) from None


def json_answer(body: BaseModel) -> Response:
    """Return an answer that is written here, so that FastAPI does not validate it once more."""
    return Response(body.model_dump_json(), media_type="application/json")


async def read_bounded(request: Request, limit_bytes: int) -> bytes:
    """Read the whole body into memory.

    Raises PayloadTooLargeError for more than `limit_bytes`, OverloadedError where the large
    bodies of other requests leave no place, and SlowBodyError.
    """
    share: BodyShare = request.state.body_share
    body = bytearray()
    try:
        async with asyncio.timeout(_MAX_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit_bytes:
                    raise PayloadTooLargeError(
                        worded(
                            "api.body_request_larger_than_2",
                            "The body of this request is larger than {limit_bytes} bytes.",
                            limit_bytes=limit_bytes,
                        )
                    )
                share.grow(len(chunk))
    except OverloadedError:
        body.clear()
        await drain(request)
        raise
    except TimeoutError:
        raise SlowBodyError(
            worded(
                "api.body_request_did_not",
                "The body of this request did not arrive within {max_seconds:.0f} "
                "seconds; {body} bytes of it did. Send it again.",
                max_seconds=_MAX_SECONDS,
                body=len(body),
            )
        ) from None
    return bytes(body)


def _check_besides_images(text: bytes, limit_bytes: int) -> None:
    if bytes_besides_images(text) > limit_bytes:
        raise PayloadTooLargeError(
            worded(
                "api.body_request_larger_than",
                "The body of this request is larger than {limit_bytes} bytes besides its images.",
                limit_bytes=limit_bytes,
            )
        )


def _check_content_type(request: Request) -> None:
    """Refuse forms and plain text, which a browser would send here from any web page."""
    given = request.headers.get("content-type")
    if given is None or given.partition(";")[0].strip().lower() == "application/json":
        return
    raise InvalidRequestError(
        worded(
            "api.unsupported_content_type_method",
            "Unsupported content type: '{given}'. This method only accepts "
            "'application/json' requests.",
            given=given[:100],
        ),
        code="unsupported_content_type",
    )
