"""Sums over a block that come to the same bits as adding value after value."""

from __future__ import annotations

import numpy as np

from driftmeter.stats.arrays import Floats


def running_sums(before: float, values: Floats) -> Floats:
    """The sums before + v0, before + v0 + v1, ..., each added from the left, shape (n,).

    >>> running_sums(1.0, np.array([2.0, 3.0]))
    array([3., 6.])
    """
    sums = np.array(values, np.float64)
    sums[:1] += before
    return np.cumsum(sums, out=sums)
