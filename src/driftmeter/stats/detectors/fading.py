"""The weights that an exponentially weighted average gives to what it saw and to the bound on its error."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Floats

NOTHING: Final = 1e-20
"""A weight below this is as good as none: values and averages lie in [0, 1], and bounds are far above it."""


class Fading(NamedTuple):
    """Tables for one weight of the newest value; an index beyond a table's end stands for its last entry."""

    kept: Floats
    """kept[j]: the share of a value still in the average j values later; the last is 0."""

    spreads: Floats
    """spreads[n]: the sum of squared weights of an average of n values, McDiarmid's variance; the last is the limit."""


@lru_cache(maxsize=16)
def fading(newest: float) -> Fading:
    """The tables for averages e = newest x + (1 - newest) e before.

    >>> fading(0.5).kept[:3]
    array([1.  , 0.5 , 0.25])
    >>> fading(0.5).spreads[:3]
    array([1.   , 0.5  , 0.375])
    """
    kept, spreads = [1.0], [1.0]
    while kept[-1] > NOTHING:
        kept.append(kept[-1] * (1.0 - newest))
    kept[-1] = 0.0
    before = 0.0
    # Step by step until rounding leaves it where it is: ties between bounds then break as in the recurrence.
    while spreads[-1] != before:
        before = spreads[-1]
        spreads.append(newest * newest + (1.0 - newest) ** 2 * before)
    tables = Fading(np.array(kept), np.array(spreads))
    for table in tables:
        table.setflags(write=False)
    return tables
