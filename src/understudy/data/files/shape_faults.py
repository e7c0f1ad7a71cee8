"""What pydantic says of a value of the wrong shape, as sentences that know what they say."""

from pydantic_core import ErrorDetails

from understudy.wording import Sentence, in_others_words, worded

_FAULTS = (
    worded("shape.string", "Input should be a valid string"),
    worded("shape.list", "Input should be a valid list"),
    worded("shape.dictionary", "Input should be a valid dictionary"),
    worded("shape.object", "Input should be an object"),
    worded("shape.integer", "Input should be a valid integer"),
    worded("shape.number", "Input should be a valid number"),
    worded("shape.boolean", "Input should be a valid boolean"),
    worded("shape.null", "Input should be None"),
    worded("shape.required", "Field required"),
    worded("shape.extra", "Extra inputs are not permitted"),
)
_BY_TEXT = {str(fault): fault for fault in _FAULTS}


def shape_fault(error: ErrorDetails) -> Sentence:
    """Return what is wrong with a value; words that are not known stay as they are."""
    said = error["msg"]
    return _BY_TEXT.get(said) or in_others_words(said)
