"""What the rows of one kind of event look like: said once, so that each row needs only its values.

A layout is the definition of a journal's ROWS frames. All that is the same in every row stands in it: where the rows
come from, the event's name and severity, attributes, and the names and kinds of the columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from opentelemetry.util.types import AnyValue

from driftmeter.otlp.decoding import Undecodable, plain_value
from driftmeter.otlp.origin import Attributes, Origin
from driftmeter.otlp.wire import any_value

MARK = b"L"
CODES = {"d": "float64", "q": "int64", "?": "bool", "s": "text", "n": "None"}
DTYPES = frozenset({"<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "|b1"})
IdKind = Literal["uuid", "text"]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns that stand together: the inputs of a model, its outputs, its scores, or slices and tags.

    Args:
        attribute: the map attribute that holds the columns; None makes each column an attribute of its own.
        names: of the columns, no name twice.
        codes: one code per column, for a row of single values: `d` float64, `q` int64, `?` bool, `s` text, `n` None.
        dtype: instead of codes, the NumPy type of an array of rows x columns, such as `<f8`. In a record of one row
            each column is a single value, in any other a list.

    Raises:
        ValueError: both or neither of codes and dtype, a code or dtype that is not known, names that repeat or are not
            as many as the codes, or a dtype without an attribute.

    >>> Table("ml.prediction.inputs", ("a", "b"), codes="ds").dtype
    ''

    """

    attribute: str | None
    names: tuple[str, ...]
    codes: str = ""
    dtype: str = ""

    def __post_init__(self) -> None:
        if self.dtype:
            if self.codes or self.dtype not in DTYPES:
                raise ValueError(f"{self.dtype!r} with codes {self.codes!r}: one of {sorted(DTYPES)}, and no codes")
            if self.attribute is None:
                raise ValueError("an array needs the name of the attribute that holds its columns")
        elif len(self.codes) != len(self.names) or not CODES.keys() >= set(self.codes):
            raise ValueError(f"codes {self.codes!r} for {len(self.names)} columns: one of {''.join(CODES)} for each")
        if len(set(self.names)) != len(self.names):
            raise ValueError("a name of a column stands twice: give each its own")


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """The definition of ROWS frames: equal layouts have equal bytes.

    Args:
        origin: where the rows come from.
        event_name: what kind of event each is.
        severity_number: of each, as OpenTelemetry numbers them.
        severity_text: its name.
        body: of each, a plain value.
        attributes: that are the same in each.
        id_attribute: holds the row's id; None leaves it out.
        id_kind: whether ids are UUIDs, kept as 16 bytes, or any text.
        duration_attribute: holds the duration in seconds, if there is one; None leaves it out.
        rows_attribute: holds the number of rows; None leaves it out.
        altered_attribute: is True where a value could not be kept as it was; None leaves it out.
        tables: the columns.

    Raises:
        ValueError, TypeError: an attribute that OTLP cannot carry, or two of one name.

    >>> layout = Layout(origin=Origin(), event_name="e", tables=(Table("in", ("a", "b"), codes="dd"),))
    >>> Layout.from_bytes(layout.to_bytes()) == layout
    True

    """

    origin: Origin
    event_name: str
    severity_number: int = 9
    severity_text: str = "INFO"
    body: AnyValue = None
    attributes: Attributes = ()
    id_attribute: str | None = None
    id_kind: IdKind = "uuid"
    duration_attribute: str | None = None
    rows_attribute: str | None = None
    altered_attribute: str | None = None
    tables: tuple[Table, ...] = ()
    _definition: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = [name for name, _value in self.attributes]
        named = (self.id_attribute, self.duration_attribute, self.rows_attribute, self.altered_attribute)
        names += [name for name in named if name is not None]
        for table in self.tables:
            names += table.names if table.attribute is None else (table.attribute,)
        if twice := {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ():
            raise ValueError(f"{sorted(twice)} stand twice among the attributes: give each its own name")
        if self.id_kind not in {"uuid", "text"}:
            raise ValueError(f"id_kind {self.id_kind!r}: 'uuid' or 'text'")
        object.__setattr__(self, "_definition", MARK + any_value(self._facts()))

    def _facts(self) -> dict[str, AnyValue]:
        facts: dict[str, AnyValue] = {name: getattr(self, name) for name in _PLAIN}
        facts["origin"] = self.origin.to_bytes()
        facts["attributes"] = dict(self.attributes)
        facts["tables"] = [(table.attribute, table.names, table.codes, table.dtype) for table in self.tables]
        return facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and other._definition == self._definition

    def __hash__(self) -> int:
        return hash(self._definition)

    def to_bytes(self) -> bytes:
        """The definition that a journal keeps for rows of this layout."""
        return self._definition

    @staticmethod
    def from_bytes(definition: bytes) -> Layout:
        """The layout of a definition; the last few are remembered.

        Raises:
            Undecodable: the bytes are no definition of a layout.

        """
        return _layout(definition)

    @cached_property
    def coded(self) -> tuple[int, ...]:
        """Which tables have codes."""
        return tuple(index for index, table in enumerate(self.tables) if table.codes)

    @cached_property
    def arrays(self) -> tuple[tuple[int, np.dtype[np.generic]], ...]:
        """Which tables are arrays, and of what."""
        return tuple((index, np.dtype(table.dtype)) for index, table in enumerate(self.tables) if table.dtype)

    @cached_property
    def codes(self) -> str:
        """The codes of all columns, in order."""
        return "".join(table.codes for table in self.tables)


_PLAIN = tuple(one.name for one in fields(Layout) if one.name not in {"origin", "attributes", "tables", "_definition"})


@lru_cache(64)
def _layout(definition: bytes) -> Layout:
    try:
        return _read(definition)
    except Undecodable:
        raise
    except (ValueError, TypeError, KeyError) as fault:
        raise Undecodable(f"no definition of a layout: {type(fault).__name__}") from fault


def _read(definition: bytes) -> Layout:
    facts = plain_value(definition[1:]) if definition[:1] == MARK else None
    if not isinstance(facts, dict):
        raise Undecodable("no definition of a layout")
    plain = {name: facts[name] for name in _PLAIN}
    origin, attributes, tables = facts["origin"], facts["attributes"], facts["tables"]
    if not (isinstance(origin, bytes) and isinstance(attributes, Mapping) and isinstance(tables, list)):
        raise Undecodable("a layout without origin, attributes or tables")
    if not all(isinstance(plain[name], _KINDS.get(name, object)) for name in plain):
        raise Undecodable("a layout whose facts are of other kinds")
    return Layout(
        origin=Origin.from_bytes(origin),
        attributes=tuple(attributes.items()),
        tables=tuple(map(_table, tables)),
        **plain,
    )


_TEXT_OR_NONE = (str, type(None))
_KINDS: dict[str, type | tuple[type, ...]] = {
    "event_name": str,
    "severity_number": int,
    "severity_text": str,
    "id_attribute": _TEXT_OR_NONE,
    "id_kind": str,
    "duration_attribute": _TEXT_OR_NONE,
    "rows_attribute": _TEXT_OR_NONE,
    "altered_attribute": _TEXT_OR_NONE,
}


def _table(facts: AnyValue) -> Table:
    attribute, names, codes, dtype = facts  # type: ignore[misc, str-unpack]  # anything else is a TypeError or ValueError
    if not (isinstance(attribute, _TEXT_OR_NONE) and isinstance(codes, str) and isinstance(dtype, str)):
        raise Undecodable("a table whose facts are of other kinds")
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise Undecodable("a table whose names are no text")
    return Table(attribute, tuple(names), codes, dtype)
