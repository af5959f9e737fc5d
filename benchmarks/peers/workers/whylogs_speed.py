"""whylogs: the live arrays profiled, and the drift scores against a profile of the reference made beforehand."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import pandas as pd
import whylogs
from protocol import serve, speed_table
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")  # of its own dependencies
REFERENCE, LIVE = speed_table(*sys.argv[1:3])
PAST = whylogs.log(pd.DataFrame(REFERENCE)).view()


def scores() -> dict[str, Any]:
    """Everything that a caller waits for."""
    told: dict[str, Any] = calculate_drift_scores(
        target_view=whylogs.log(pd.DataFrame(LIVE)).view(), reference_view=PAST, with_thresholds=True
    )
    return told


serve(scores)
