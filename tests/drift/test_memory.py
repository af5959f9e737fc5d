from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows
from driftmeter.drift.binning import Binning

PANES = 8


def _reference(features):
    values = np.random.default_rng(4).normal(size=(300, features))
    return Reference.from_data({f"x{place}": column for place, column in enumerate(values.T)}, model="m")


def _held(features, windows, batches):
    """Bytes that a monitor holds after so many batches, once it was read."""
    reference = _reference(features)
    live = Columns(list(reference.columns), 800, matrix=np.random.default_rng(5).normal(size=(800, features)))
    DriftMonitor(reference, windows=[WindowByRows(800)]).observe(live, None, 0)  # the thread's own memory
    gc.collect()
    tracemalloc.start()
    monitor = DriftMonitor(reference, windows=[WindowByRows(800 * place) for place in range(1, windows + 1)])
    for _ in range(batches):
        monitor.observe(live, None, 0)
    monitor.readings()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held


@pytest.mark.slow
@pytest.mark.parametrize(("features", "windows"), [(10, 1), (40, 1), (10, 3)])
def test_a_monitor_holds_little_more_than_its_panes(features, windows):
    """Windows x panes x features x cells, 8 bytes each; what is beside them is less than they are."""
    panes = windows * (PANES + 1) * Binning(_reference(features)).size * 8
    assert panes < _held(features, windows, batches=4) < 2.5 * panes


@pytest.mark.slow
def test_more_rows_take_no_more_memory():
    """Ten times as many, once the windows are full."""
    assert _held(10, 1, batches=40) < 1.1 * _held(10, 1, batches=4)
