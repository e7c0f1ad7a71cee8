"""Which form the text of an answer has, from `response_format`."""

from understudy.chat.answer_shape import FreeText, JsonObject, JsonSchema, TextForm
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.choices import ResponseFormat


def text_form(wire: ResponseFormat | None) -> TextForm:
    """Return the form that is asked for."""
    if wire is None or wire.type == "text":
        return FreeText()
    if wire.type == "json_object":
        return JsonObject()
    if wire.json_schema is None:
        raise _missing("response_format.json_schema")
    if wire.json_schema.schema_ is None:
        raise _missing("response_format.json_schema.schema")
    return JsonSchema(
        name=wire.json_schema.name,
        schema=wire.json_schema.schema_,
        is_strict=bool(wire.json_schema.strict),
    )


def _missing(path: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path
    )
