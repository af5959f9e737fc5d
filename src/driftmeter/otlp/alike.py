"""Long lists of one kind, a column of a batch for one: written as a whole, which takes a tenth of item by item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

FEW: Final = 8
"""So many items are written one by one in the same time."""
_DOUBLE: Final = np.dtype([("head", "V3"), ("value", "<f8")])
_DOUBLE_HEAD: Final = np.void(b"\x0a\x09\x21")
"""Tag and length of an item, tag of its double."""


def doubles(values: Sequence[float]) -> bytes:
    """Floats as items of an `ArrayValue`.

    >>> doubles([1.0]).hex()
    '0a0921000000000000f03f'

    """
    items = np.empty(len(values), _DOUBLE)
    items["head"], items["value"] = _DOUBLE_HEAD, values
    return items.tobytes()


def repeated(values: Sequence[Any], item: Callable[[Any], bytes]) -> bytes:
    """Values of one type, of which equal ones are written alike, as items: each distinct one is encoded once.

    Args:
        values: that can be hashed.
        item: encodes one; what it raises passes.

    """
    written = {value: item(value) for value in set(values)}
    return b"".join(map(written.__getitem__, values))
