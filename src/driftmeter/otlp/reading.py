"""Many payloads of one layout read at once: numbers and arrays as one structured array, texts as lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.layout import Layout
from driftmeter.otlp.packing import Shape, shape_of

Structured: TypeAlias = "NDArray[np.void]"
Indices: TypeAlias = "NDArray[np.int64]"


class Block(NamedTuple):
    """Payloads with equally many rows."""

    indices: Indices
    """Which of the given payloads."""
    rows: int
    fields: Structured
    texts: list[list[bytes]]
    """Per text, the id first if it is one: of each payload, as UTF-8 that was checked."""

    def some(self, chosen: Indices) -> Block:
        """Only those that stand at these places."""
        if len(chosen) == len(self.indices):
            return self
        places = chosen.tolist()
        texts = [[column[place] for place in places] for column in self.texts]
        return Block(self.indices[chosen], self.rows, self.fields[chosen], texts)


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
    return Block(np.arange(len(payloads)), rows, fields, [])


def _by_rows(shape: Shape, payloads: Sequence[bytes], sizes: Indices) -> tuple[list[Block], list[int]]:
    fixed_bytes = shape.struct.size
    whole = np.flatnonzero(sizes >= fixed_bytes)
    heads = np.frombuffer(b"".join([payloads[index][:fixed_bytes] for index in whole.tolist()]), shape.dtype())
    rows = heads["rows"].astype(np.int64)
    expected = fixed_bytes + rows * shape.row_bytes + heads["lengths"].sum(axis=1, dtype=np.int64)
    right = expected == sizes[whole]
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
        return Block(indices, rows, fields, [])
    content = b"".join([payload[end:] for payload in members])
    starts = [0, *accumulate(fields["lengths"].ravel().tolist())]
    pieces = [content[start:stop] for start, stop in pairwise(starts)]
    texts = [pieces[column :: shape.text_count] for column in range(shape.text_count)]
    block = Block(indices, rows, fields, texts)
    if _are_texts(content, starts):
        return block
    readable = [all(map(_is_text, row)) for row in zip(*texts, strict=True)]
    return block.some(np.flatnonzero(readable))


def _are_texts(content: bytes, starts: Sequence[int]) -> bool:
    """Whether all are UTF-8: together, and none is cut in the middle of a character."""
    if content.isascii():
        return True
    first = np.frombuffer(content + b"a", np.uint8)[starts]
    return _is_text(content) and bool((first & 0xC0 != 0x80).all())


def _is_text(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(64)
def _dtype(shape: Shape, rows: int) -> np.dtype[np.void]:
    return shape.dtype(rows)
