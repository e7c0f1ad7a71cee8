"""What every table has in common: how it is named, numbered and typed."""

from typing import ClassVar

from sqlalchemy import JSON, BigInteger, Float, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# SQLite numbers rows by itself only in a column declared exactly INTEGER PRIMARY KEY.
SERIAL = BigInteger().with_variant(Integer, "sqlite")
JSON_VALUE = JSON(none_as_null=True)


class Row(DeclarativeBase):
    """The base of every row; whole seconds are wide integers, leases are floats."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar = {int: BigInteger(), float: Float(53), str: Text()}
