"""evidently's preset: two frames made from arrays, compared, and read out as a dictionary."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from protocol import serve, speed_table

warnings.simplefilter("ignore")  # of its own dependencies
REFERENCE, LIVE = speed_table(*sys.argv[1:3])
TEXT = [name for name, values in LIVE.items() if values.dtype == object]
DEFINITION = DataDefinition(numerical_columns=[name for name in LIVE if name not in TEXT], categorical_columns=TEXT)


def dataset(columns: dict[str, np.ndarray]) -> Dataset:
    """Arrays as evidently takes them."""
    return Dataset.from_pandas(pd.DataFrame(columns), data_definition=DEFINITION)


def preset() -> dict[str, Any]:
    """Everything that a caller waits for."""
    told: dict[str, Any] = Report([DataDriftPreset()]).run(dataset(LIVE), dataset(REFERENCE)).dict()
    return told


serve(preset)
