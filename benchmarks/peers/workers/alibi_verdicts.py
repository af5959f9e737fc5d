"""alibi-detect: TabularDrift at its default p-value of 0.05, Bonferroni over the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from alibi_detect.cd import TabularDrift
from protocol import Question, answer

P_VALUE = 0.05
TINY = 1e-300


def judge(question: Question) -> dict[str, Any]:
    """How many times smaller than its limit each column's p-value is."""
    found = []
    for reference, live in question.streams():
        if np.isnan(reference).any() or np.isnan(live).any():
            found.append(one_by_one(question, reference, live))
            continue
        detector = TabularDrift(reference, p_val=P_VALUE, categories_per_feature=_categories(question.categorical))
        found.append([excess(detector, window) for window in question.windows(live)])
    return {"alibi-detect, KS / chi2": found}


def one_by_one(question: Question, reference: np.ndarray, live: np.ndarray) -> list[list[float]]:
    """It takes no missing values: each column by itself without them, the limit divided by the number of columns."""
    columns = []
    for place, flag in enumerate(question.categorical):
        past = reference[:, [place]]
        detector = TabularDrift(
            past[~np.isnan(past[:, 0])],
            p_val=P_VALUE / len(question.categorical),
            categories_per_feature=_categories([flag]),
        )
        windows = (window[~np.isnan(window[:, place])][:, [place]] for window in question.windows(live))
        columns.append([excess(detector, window)[0] for window in windows])
    return [list(row) for row in zip(*columns, strict=True)]


def excess(detector: TabularDrift, window: np.ndarray) -> list[float]:
    """Limit over p-value, 1 or more being its alarm."""
    said = detector.predict(window)["data"]
    values = [said["threshold"] / max(float(p), TINY) for p in np.atleast_1d(said["p_val"])]
    if bool(said["is_drift"]) != any(value > 1 for value in values):
        raise ValueError("alibi-detect alarms by another rule than p < threshold")
    return values


def _categories(flags: list[bool]) -> dict[int, None] | None:
    return {place: None for place, flag in enumerate(flags) if flag} or None


answer("alibi-detect", judge)
