"""OTLP by hand: log records, one or many at once, as the bytes that travel."""

from driftmeter.otlp.decoding import Undecodable, decode
from driftmeter.otlp.encoding import Encoding, Entry, Refused, encode
from driftmeter.otlp.gathering import Gathered, columns_of
from driftmeter.otlp.layout import Layout, Table
from driftmeter.otlp.log_record import log_record
from driftmeter.otlp.origin import Origin
from driftmeter.otlp.packing import Packed, numbers_packer, packer, rows_in, unpack
from driftmeter.otlp.request import Encoded, request

__all__ = [
    "Encoded",
    "Encoding",
    "Entry",
    "Gathered",
    "Layout",
    "Origin",
    "Packed",
    "Refused",
    "Table",
    "Undecodable",
    "columns_of",
    "decode",
    "encode",
    "log_record",
    "numbers_packer",
    "packer",
    "request",
    "rows_in",
    "unpack",
]
