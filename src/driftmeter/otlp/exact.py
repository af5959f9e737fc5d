"""One row at a time, by way of plain values: what every faster way must equal, and what takes the values it cannot."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from opentelemetry.util.types import AnyValue

from driftmeter.otlp.layout import Layout, Table
from driftmeter.otlp.log_record import log_record
from driftmeter.otlp.packing import Packed, TableValues, unpack
from driftmeter.otlp.wire import INT64_MAX


def record_of(layout: Layout, payload: bytes) -> bytes:
    """A ROWS payload as the bytes of its `LogRecord`.

    Raises:
        Undecodable: the bytes are no payload of this layout.

    """
    packed = unpack(layout, payload)
    return log_record(
        time_ns=packed.time_ns,
        observed_ns=packed.observed_ns,
        severity_number=layout.severity_number,
        severity_text=layout.severity_text,
        event_name=layout.event_name,
        body=layout.body,
        attributes=attributes_of(layout, packed),
        trace_id=packed.trace_id,
        span_id=packed.span_id,
        trace_flags=packed.trace_flags,
    )


def attributes_of(layout: Layout, packed: Packed) -> dict[str, AnyValue]:
    """All attributes of a row: NaN is None, ±inf a word, an integer beyond 64 bits its digits."""
    reader = _Reader()
    attributes = dict(layout.attributes)
    for table, values in zip(layout.tables, packed.tables, strict=True):
        columns = reader.columns(table, values, packed.rows)
        if table.attribute is None:
            attributes |= columns
        else:
            attributes[table.attribute] = columns
    if reader.altered and layout.altered_attribute is not None:
        attributes[layout.altered_attribute] = True
    if layout.id_attribute is not None:
        attributes[layout.id_attribute] = packed.id
    if layout.duration_attribute is not None and not math.isnan(packed.duration_s):
        attributes[layout.duration_attribute] = packed.duration_s
    if layout.rows_attribute is not None:
        attributes[layout.rows_attribute] = packed.rows
    return attributes


class _Reader:
    altered = False

    def columns(self, table: Table, values: TableValues, rows: int) -> dict[str, AnyValue]:
        if isinstance(values, tuple):
            return {name: self._value(value) for name, value in zip(table.names, values, strict=True)}
        if rows == 1:
            return dict(zip(table.names, map(self._value, values[0].tolist()), strict=True))
        columns: NDArray[np.generic] = values.T
        return {
            name: [self._value(value) for value in column.tolist()]
            for name, column in zip(table.names, columns, strict=True)
        }

    def _value(self, value: AnyValue) -> AnyValue:
        if isinstance(value, float) and not math.isfinite(value):
            if math.isnan(value):
                return None
            self.altered = True
            return "Infinity" if value > 0 else "-Infinity"
        if isinstance(value, int) and value > INT64_MAX:
            self.altered = True
            return str(value)
        return value
