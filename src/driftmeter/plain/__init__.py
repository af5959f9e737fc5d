"""Any value made plain before it is stored: strings, numbers, truth values, bytes, lists and maps, of bounded size."""

from driftmeter.plain.plain import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_STRING_CHARACTERS,
    MAX_VALUES_BYTES,
    Plain,
)

__all__ = ["MAX_DEPTH", "MAX_ITEMS", "MAX_STRING_CHARACTERS", "MAX_VALUES_BYTES", "Plain"]
