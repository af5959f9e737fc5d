"""Many payloads of one layout read at once: numbers and arrays as one structured array, texts apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.layout import Layout
from driftmeter.otlp.packing import Shape, shape_of
from driftmeter.otlp.texts import Indices, Texts

Structured: TypeAlias = "NDArray[np.void]"

MOST_ROWS = 2**31 - 1
"""Of one payload: no dimension of a NumPy type is larger, and an array without columns may claim any number."""


class Block(NamedTuple):
    """Payloads with equally many rows."""

    indices: Indices
    """Which of the given payloads."""
    rows: int
    fields: Structured
    texts: Texts
    """The id first, if it is one; UTF-8 that was checked."""

    def some(self, chosen: Indices) -> Block:
        """Only those that stand at these places."""
        if len(chosen) == len(self.indices):
            return self
        return Block(self.indices[chosen], self.rows, self.fields[chosen], self.texts.some(chosen))


def read(layout: Layout, payloads: Sequence[bytes]) -> tuple[list[Block], list[int]]:
    """The payloads in blocks, and which could not be read: those of another size than the layout and they say."""
    shape = shape_of(layout)
    sizes = np.fromiter(map(len, payloads), np.int64, len(payloads))
    if not shape.text_count and payloads and (sizes == sizes[0]).all():
        block = _alike(shape, payloads, int(sizes[0]))
        if block is not None:
            return [block], []
    return _by_rows(shape, payloads, sizes)


def _alike(shape: Shape, payloads: Sequence[bytes], size: int) -> Block | None:
    """The usual case: all of one size, nothing to be cut out."""
    spare = size - shape.struct.size
    if spare < 0 or (spare % shape.row_bytes if shape.row_bytes else spare):
        return None
    rows = spare // shape.row_bytes if shape.row_bytes else None
    fields = np.frombuffer(b"".join(payloads), _dtype(shape, rows or 0))
    rows = int(fields["rows"][0]) if rows is None else rows
    if (fields["rows"] != rows).any():
        return None
    return Block(np.arange(len(payloads)), rows, fields, _no_texts(len(payloads)))


def _by_rows(shape: Shape, payloads: Sequence[bytes], sizes: Indices) -> tuple[list[Block], list[int]]:
    fixed_bytes = shape.struct.size
    whole = np.flatnonzero(sizes >= fixed_bytes)
    heads = np.frombuffer(b"".join([payloads[index][:fixed_bytes] for index in whole.tolist()]), shape.dtype())
    rows = heads["rows"].astype(np.int64)
    expected = fixed_bytes + rows * shape.row_bytes + heads["lengths"].sum(axis=1, dtype=np.int64)
    right = (expected == sizes[whole]) & (rows <= MOST_ROWS)
    blocks: list[Block] = []
    unread = np.ones(len(payloads), bool)
    for count in np.unique(rows[right]).tolist():
        block = _block(shape, payloads, whole[right & (rows == count)], count)
        unread[block.indices] = False
        blocks.append(block)
    return [block for block in blocks if len(block.indices)], np.flatnonzero(unread).tolist()


def _block(shape: Shape, payloads: Sequence[bytes], indices: Indices, rows: int) -> Block:
    end = shape.struct.size + rows * shape.row_bytes
    members = [payloads[index] for index in indices.tolist()]
    fields = np.frombuffer(b"".join([payload[:end] for payload in members]), _dtype(shape, rows))
    if not shape.text_count:
        return Block(indices, rows, fields, _no_texts(len(members)))
    content = b"".join([payload[end:] for payload in members])
    block = Block(indices, rows, fields, Texts(content, fields["lengths"].astype(np.int64)))
    return block.some(block.texts.readable())


def _no_texts(records: int) -> Texts:
    return Texts(b"", np.zeros((records, 0), np.int64))


@lru_cache(64)
def _dtype(shape: Shape, rows: int) -> np.dtype[np.void]:
    return shape.dtype(rows)
