"""Which form the text of an answer has, from `response_format`."""

from understudy.answering.required import required
from understudy.chat.answer_shape import FreeText, JsonObject, JsonSchema, TextForm
from understudy.schemas.chat.choices import ResponseFormat


def text_form(wire: ResponseFormat | None) -> TextForm:
    """Return the form that is asked for; raises InvalidRequestError."""
    if wire is None or wire.type == "text":
        return FreeText()
    if wire.type == "json_object":
        return JsonObject()
    named = required(wire.json_schema, "response_format.json_schema")
    return JsonSchema(
        name=named.name,
        schema=required(named.schema_, "response_format.json_schema.schema"),
        is_strict=bool(named.strict),
    )
