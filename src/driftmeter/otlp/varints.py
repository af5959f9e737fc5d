"""Varints of one width for whole arrays: seven bits of the number to a byte, spread by shifting halves apart."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.otlp.pieces import WIDTHS

Unsigned: TypeAlias = "NDArray[np.uint64]"

VARINT_DTYPES = {1: "u1", 2: "<u2", 4: "<u4", 8: "<u8", 10: "<u8,<u2"}
"""NumPy's types of so many bytes."""
_STEPS = (
    # What stays, what moves, and by how far: 56 bits in two halves, then in four, then in eight.
    (8, 0x0000_0000_0FFF_FFFF, 0x00FF_FFFF_F000_0000, 4),
    (4, 0x0000_3FFF_0000_3FFF, 0x0FFF_C000_0FFF_C000, 2),
    (2, 0x007F_007F_007F_007F, 0x3F80_3F80_3F80_3F80, 1),
)
_MORE = 0x8080_8080_8080_8080


def widths_of(numbers: Unsigned) -> NDArray[np.int64]:
    """For each of the numbers the width of `WIDTHS` that it needs.

    >>> widths_of(np.array([1, 2**20, 2**64 - 1], np.uint64)).tolist()
    [1, 4, 10]

    """
    limits = np.array([1 << 7 * width for width in WIDTHS[:-1]], np.uint64)
    widths: NDArray[np.int64] = np.array(WIDTHS)[np.searchsorted(limits, numbers, side="right")]
    return widths


def varints(numbers: Unsigned, width: int) -> NDArray[np.generic]:
    """Each number as a varint of `width` bytes, one of `WIDTHS`, as an array of elements of so many bytes.

    >>> varints(np.array([300], np.uint64), 4).tobytes().hex()
    'ac828000'

    """
    if width == 1:
        return numbers.astype(np.uint8)
    if width == 10:
        return _longest(numbers)
    spread = _spread(numbers, width)
    spread |= np.uint64(_MORE >> (64 - 8 * (width - 1)))
    return spread.astype(VARINT_DTYPES[width])


def _spread(numbers: Unsigned, width: int) -> Unsigned:
    spread = numbers.copy()
    for least, stays, moves, bits in _STEPS:
        if width >= least:
            moved = spread & np.uint64(moves)
            moved <<= np.uint64(bits)
            spread &= np.uint64(stays)
            spread |= moved
    return spread


def _longest(numbers: Unsigned) -> NDArray[np.generic]:
    parts = np.empty(numbers.shape, VARINT_DTYPES[10])
    parts["f0"] = _spread(numbers & np.uint64((1 << 56) - 1), 8) | np.uint64(_MORE)
    high = numbers >> np.uint64(56)
    parts["f1"] = (high & np.uint64(127)) | np.uint64(128) | (high >> np.uint64(7) << np.uint64(8))
    return parts
