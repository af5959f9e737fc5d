"""Training data in files, read in chunks so that it may be larger than memory: CSV, gzipped CSV, Parquet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

_BLOCK_BYTES = 8 * 1024 * 1024
_BATCH_ROWS = 65_536
_WIDER = {pa.null(): pa.float64(), pa.int64(): pa.float64()}
"""What to try when a later block of a CSV contradicts the type that the first one suggested; after that, text."""

_NUMBERS = {pa.null(), pa.int64(), pa.float64()}
_CODE = r"^[+-]?(0[0-9]|[0-9]{16})"
"""What a number would lose: a zip code's first zero, the last digits of an account's."""

_SEPARATOR = re.compile(r"[;\t|]")
"""What other programs put between columns; in a file read as one column, it would be a single odd category."""

_COLUMN = re.compile(r"In CSV column #(\d+)")


class Chunk(NamedTuple):
    """Some rows, and how much of the file has been read by then."""

    rows: pa.RecordBatch
    share: float


class TypesWidened(Exception):  # noqa: N818  # nothing is wrong, only to be done again
    """A column turned out to be of a wider type than its first rows: what was read so far must be read again."""


class TrainingFile(Protocol):
    """A file whose rows can be read more than once, the same each time."""

    names: Sequence[str]
    """All columns that it has."""

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the start; raises `TypesWidened` when the reader must start again."""
        ...


def open_training_file(path: Path, columns: Sequence[str] = (), labels: Sequence[str] = ()) -> TrainingFile:
    """Tell the kind of file from its name.

    Args:
        path: ending in .csv, .csv.gz, .tsv, .tsv.gz or .parquet.
        columns: which columns to read; all when empty.
        labels: columns that are labels, though they may look like numbers.

    Raises:
        ValueError: another ending, a file that is not what its name says, a column that it has not, or has twice, text
            that is not UTF-8.

    """
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            return _Parquet(path, columns)
        if name.removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
            return _Csv(path, columns, labels)
    except (pa.ArrowException, OSError) as fault:
        raise ValueError(f"{path} cannot be read: {fault}") from fault
    raise ValueError(f"{path} is neither CSV nor Parquet by its name; it should end in .csv, .csv.gz, .tsv or .parquet")


class _Parquet:
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self.names: Sequence[str] = pq.ParquetFile(path).schema_arrow.names
        _require(columns, self.names, path)
        self._columns = list(columns) or None

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the start."""
        with pq.ParquetFile(self._path) as file:
            total, done = max(1, file.metadata.num_rows), 0
            for batch in file.iter_batches(_BATCH_ROWS, columns=self._columns):
                done += batch.num_rows
                yield Chunk(batch, done / total)


class _Csv:
    """Types are told from the first block; where a later block contradicts, the column is widened for all.

    Labels that look like numbers are text where not all of them could be told from the number again.
    """

    def __init__(self, path: Path, columns: Sequence[str], labels: Sequence[str]) -> None:
        self._path = path
        self._delimiter = "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","
        with self._open() as stream, csv.open_csv(stream, self._reading(), self._parsing()) as reader:
            schema = reader.schema
        if len(schema.names) == 1 and (separator := _SEPARATOR.search(schema.names[0])):
            raise ValueError(
                f"{path} has one column, {schema.names[0]!r}; separate columns by {self._delimiter!r},"
                f" not {separator[0]!r}"
            )
        _require(columns, schema.names, path)
        for field in schema:
            if field.type == pa.binary() and field.name in (columns or schema.names):
                # Read as bytes, none of its labels would be what the model is given.
                raise ValueError(f"{path}: column {field.name!r} is not UTF-8; convert the file, with iconv say")
        self._columns = list(columns)
        self.names: Sequence[str] = schema.names
        self._types = dict(zip(schema.names, schema.types, strict=True))
        self._types |= dict.fromkeys(
            self._codes([name for name in labels if self._types.get(name) in _NUMBERS]), pa.string()
        )

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the start.

        Raises:
            TypesWidened: a block contradicts the types so far; start again.

        """
        try:
            yield from self._typed_chunks()
        except pa.ArrowInvalid as fault:
            self._widen(fault)
            raise TypesWidened from fault

    def _codes(self, names: Sequence[str]) -> set[str]:
        """Which of these columns hold more than their numbers tell, by a look at all of the file."""
        found: set[str] = set()
        if not names:
            return found
        as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=names)
        with self._open() as stream, csv.open_csv(stream, self._reading(), self._parsing(), as_text) as reader:
            for batch in reader:
                for name in set(names) - found:
                    if pc.any(pc.match_substring_regex(batch.column(name), _CODE)).as_py():
                        found.add(name)
        return found

    def _typed_chunks(self) -> Iterator[Chunk]:
        size = max(1, self._path.stat().st_size)
        converting = csv.ConvertOptions(
            column_types=self._types, include_columns=self._columns or None, strings_can_be_null=True
        )
        with (
            self._open() as stream,
            csv.open_csv(stream, self._reading(), self._parsing(), converting) as reader,
        ):
            for batch in reader:
                yield Chunk(batch, min(1.0, self._raw.tell() / size))

    def _widen(self, fault: pa.ArrowInvalid) -> None:
        contradicted = _COLUMN.search(str(fault))
        name = self.names[int(contradicted[1])] if contradicted else None
        if name is None or self._types[name] == pa.string():
            raise fault
        self._types[name] = _WIDER.get(self._types[name], pa.string())

    def _open(self) -> pa.NativeFile:
        self._raw = pa.OSFile(str(self._path), "rb")
        return pa.CompressedInputStream(self._raw, "gzip") if self._path.name.endswith(".gz") else self._raw

    def _reading(self) -> csv.ReadOptions:
        return csv.ReadOptions(block_size=_BLOCK_BYTES)

    def _parsing(self) -> csv.ParseOptions:
        return csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True)


def _require(columns: Sequence[str], known: Sequence[str], path: Path) -> None:
    if lacking := [name for name in columns if name not in known]:
        raise ValueError(f"{path} has no column {', '.join(map(repr, lacking))}; it has {', '.join(known)}")
    times = Counter(known)
    if twice := [name for name in columns or known if times[name] > 1]:
        raise ValueError(f"{path} has two columns called {twice[0]!r}; give each a name of its own")
