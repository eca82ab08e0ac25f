"""The fields of a type are looked at once."""

import msgspec

from homeport.config.models import Record
from homeport.config.shape import fields_of


def test_they_are_the_fields_of_the_type():
    """In their order, and the same ones when they are asked for again."""
    assert [field.name for field in fields_of(Record)] == list(Record.__struct_fields__)
    assert [field.type for field in fields_of(Record)] == [
        field.type for field in msgspec.structs.fields(Record)
    ]
    assert fields_of(Record) is fields_of(Record)
