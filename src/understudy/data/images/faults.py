"""Why an image cannot be used: a code for programs, and words for people."""

from enum import StrEnum

from understudy.errors import UnderstudyError


class ImageFault(StrEnum):
    """The codes that OpenAI's API has for images that cannot be used."""

    EMPTY = "empty_image_file"
    FILE_NOT_FOUND = "image_file_not_found"
    FILE_TOO_LARGE = "image_file_too_large"
    INVALID = "invalid_image"
    INVALID_BASE64 = "invalid_base64_image"
    INVALID_FORMAT = "invalid_image_format"
    INVALID_MODE = "invalid_image_mode"
    INVALID_URL = "invalid_image_url"
    NOT_DOWNLOADED = "failed_to_download_image"
    TOO_LARGE = "image_too_large"
    UNREADABLE = "image_parse_error"


class UnusableImageError(UnderstudyError):
    """An image cannot be used; the text continues "it cannot be used: "."""

    def __init__(self, fault: ImageFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
