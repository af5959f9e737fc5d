"""What the columns of a training file are: which are read, which are counted, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from driftmeter.cli.training_file import open_training_file
from driftmeter.cli.vector_columns import as_vectors, find_vector
from driftmeter.drift.column import Asked
from driftmeter.drift.label_scan import label_of


class Layout:
    """The columns that a reference is to be built from.

    Args:
        path: of the training file.
        named: columns that alone are counted; all when empty.
        categories: columns of numbers that are labels.
        vectors: columns of vectors.
        texts: columns of free text.
        time: column of times.

    Raises:
        ValueError: the file cannot be read, or has not the vectors.

    """

    def __init__(
        self,
        path: Path,
        named: Sequence[str],
        *,
        categories: Sequence[str],
        vectors: Sequence[str],
        texts: Sequence[str],
        time: str | None,
    ) -> None:
        self._categories = categories
        known = open_training_file(path).names if vectors or texts else ()
        self._vectors = [find_vector(name, known) for name in vectors]
        kinds: dict[str, Asked] = {**dict.fromkeys(vectors, "vector"), **dict.fromkeys(texts, "text")}
        entries = {part for vector in self._vectors for part in vector.parts}
        counted = named or [name for name in (*known, *vectors) if name not in entries and name != time]
        self.counted: Sequence[str] | Mapping[str, Asked | None] | None = named or None
        """For the builder: which columns, and of which kind where that is known."""
        if kinds:
            self.counted = {name: kinds.get(name) for name in counted}
        self.read: Sequence[str] = ()
        """Columns of the file; all when empty."""
        if named:
            from_vectors = [part for vector in self._vectors for part in vector.read]
            plain = [name for name in named if name not in set(vectors)]
            self.read = list(dict.fromkeys((*plain, *from_vectors, *([time] if time else []))))

    def __call__(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """A chunk of the file, as it is to be counted."""
        rows = as_labels(rows, self._categories)
        for vector in self._vectors:
            rows = as_vectors(rows, vector)
        return rows


def as_labels(rows: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Write the values of the named columns as text, so that they count as labels.

    Raises:
        ValueError: a name that is no column, or of one of lists or the like.

    """
    for name in names:
        place = rows.schema.get_field_index(name)
        if place < 0:
            raise ValueError(
                f"there is no column {name!r} to count as labels; there are {', '.join(rows.schema.names)}"
            )
        column = rows.column(place)
        if pa.types.is_nested(column.type):
            raise ValueError(f"column {name!r} holds {column.type}, which is no label; leave it out of --category")
        rows = rows.set_column(place, name, _labels(column))
    return rows


def _labels(column: pa.Array) -> pa.Array:
    """Each value as live rows will be labelled, so 3.0, of whole numbers with gaps, is 3, and true is True."""
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    labels = [label_of(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(labels, pa.string()).take(encoded.indices)
