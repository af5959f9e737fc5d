"""How far a report's KS and Wasserstein are from the samples' own: nothing where both are at hand, else a bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from driftmeter.columns import Columns, Floats
from driftmeter.drift.binning import Binning
from driftmeter.drift.ring import Counts
from driftmeter.drift.values import as_aligned_floats
from driftmeter.stats import ks, wasserstein
from driftmeter.stats.distances import shares
from driftmeter.stats.grid import Grid

Values: TypeAlias = "dict[str, float | bool | None]"


def from_samples(reference: Columns, live: Columns, name: str) -> Values:
    """KS and Wasserstein of a numeric column as the textbooks have them, missing values and text left out.

    >>> table = Columns(["age"], 3, arrays=[[1.0, 2.0, None]])
    >>> from_samples(table, table, "age")["ks"]
    0.0

    """
    left, right = (as_aligned_floats(table[name])[0] for table in (reference, live))
    statistic, p_value = ks(left, right)
    return {
        "ks": statistic,
        "ks_pvalue": p_value,
        "wasserstein": wasserstein(left, right),
        "ks_exact": True,
        "ks_error_bound": 0.0,
        "wasserstein_exact": True,
        "wasserstein_error_bound": 0.0,
    }


def bounds_on_cells(binning: Binning, reference: Counts, live: Counts) -> Mapping[str, Values]:
    """What KS and Wasserstein from fine cells may be off by, of each numeric column.

    KS is never too large, and too small by at most the larger share that both sides have in one cell, see
    `stats.hypothesis_tests.ks_counts_error`. Wasserstein is off by at most the width of a cell, in the column's unit,
    as each side's rows lie at most half a cell from its middle; None where rows lie beyond the reference's range,
    since how far beyond was not counted.

    Args:
        binning: the layout of the counts.
        reference: flat vector.
        live: likewise.

    """
    if not binning.numeric:
        return {}
    p, q = (counts[binning.bins :].reshape(-1, binning.cells) for counts in (reference, live))
    with np.errstate(invalid="ignore"):
        shared: Floats = np.minimum(shares(p), shares(q)).max(axis=1)
    beyond = np.any((p + q)[:, [0, -1]], axis=1).tolist()
    found: dict[str, Values] = {}
    for place, column in enumerate(binning.numeric):
        steps = np.diff(Grid(column.edges).cell_edges / 2)
        width = math.inf if beyond[place] else 2.0 * float(steps.max())
        found[column.name] = {
            "ks_exact": False,
            "ks_error_bound": float(shared[place]),
            "wasserstein_exact": False,
            "wasserstein_error_bound": width,
        }
    return found
