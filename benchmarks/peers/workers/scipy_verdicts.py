"""scipy: the plain two-sample test on a window that slides as ours does, in eighths of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from protocol import Question, answer
from scipy import stats

PANES = 8
P_VALUE = 0.05
TINY = 1e-300


def judge(question: Question) -> dict[str, Any]:
    """Limit over p-value at every look; only where other settings count, since there are eight looks a window."""
    if not question.tuned:
        return {}
    step = question.window // PANES
    [categorical] = question.categorical
    test = chi2 if categorical else stats.ks_2samp
    found = []
    for reference, live in question.streams():
        past = np.sort(reference[:, 0])
        starts = range(0, len(live) - question.window + 1, step)
        p_values = [test(past, live[start : start + question.window, 0]).pvalue for start in starts]
        found.append([[P_VALUE / max(float(p), TINY)] for p in p_values])
    return {"scipy, KS / chi2, sliding": {"excess": found, "step": step}}


def chi2(past: np.ndarray, now: np.ndarray) -> Any:
    """Homogeneity of the categories that either side has."""
    counts = np.stack([np.bincount(side.astype(int), minlength=int(past.max()) + 1) for side in (past, now)])
    return stats.chi2_contingency(counts[:, counts.any(axis=0)], correction=False)


answer("scipy", judge)
