"""The free key-value pairs that users attach to objects."""

from typing import Annotated

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText

MetadataKey = Annotated[StoredText, StringConstraints(max_length=64)]
MetadataValue = Annotated[StoredText, StringConstraints(max_length=512)]

Metadata = Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)]
"""At most 16 pairs; keys up to 64 and values up to 512 characters."""
