"""Where a sequence last was lower than ever before."""

from __future__ import annotations

import numpy as np

from driftmeter.stats.arrays import Floats, Ints


def running_lows(values: Floats, lowest: float, *, ties: bool) -> Ints:
    """For each value the index of the last record low up to it, -1 where the low is still the earlier `lowest`.

    Args:
        values: shape (n,), without NaN.
        lowest: the lowest value before these; infinity where there was none.
        ties: whether a value equal to the low so far is a record too.

    Returns:
        Indices, shape (n,).

    >>> running_lows(np.array([3.0, 2.0, 4.0, 2.0]), 2.5, ties=True)
    array([-1,  1,  1,  3])
    """
    before = np.empty_like(values)
    before[:1] = lowest
    np.minimum.accumulate(values[:-1], out=before[1:])
    np.minimum(before, lowest, out=before)
    is_record = values <= before if ties else values < before
    indices: Ints = np.maximum.accumulate(np.where(is_record, np.arange(values.size), -1))
    return indices
