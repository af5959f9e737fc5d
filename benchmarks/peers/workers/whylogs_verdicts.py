"""whylogs: drift scores between profiles, by its default algorithms and thresholds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import whylogs
from protocol import Question, answer, column
from whylogs.core.view.dataset_profile_view import DatasetProfileView
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")  # of its own dependencies, thousands of times
LIMIT = 0.05
TINY = 1e-300


def judge(question: Question) -> dict[str, Any]:
    """How many times smaller than the limit of its class DRIFT each p-value is."""
    found = []
    for reference, live in question.streams():
        past = profile(question, reference)
        found.append([excess(question, profile(question, window), past) for window in question.windows(live)])
    return {"whylogs, KS / chi2": found}


def profile(question: Question, rows: np.ndarray) -> DatasetProfileView:
    """The sketches of some rows."""
    names = question.columns
    columns = {
        name: column(rows[:, place], categorical=question.categorical[place]) for place, name in enumerate(names)
    }
    return whylogs.log(pd.DataFrame(columns)).view()


def excess(question: Question, window: DatasetProfileView, past: DatasetProfileView) -> list[float]:
    """Limit over p-value, 1 or more being DRIFT; no number where it has no score."""
    scores = calculate_drift_scores(target_view=window, reference_view=past, with_thresholds=True)
    return [_over(scores[name]) for name in question.columns]


def _over(score: dict[str, Any] | None) -> float:
    if score is None:
        return float("nan")
    value = LIMIT / max(float(score["pvalue"]), TINY)
    if (value >= 1) != (score["drift_category"] == "DRIFT"):
        raise ValueError(f"whylogs says {score}, which is another rule than p <= {LIMIT}")
    return value


answer("whylogs", judge)
