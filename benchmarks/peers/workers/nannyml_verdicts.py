"""nannyml: its univariate calculator, the default Jensen-Shannon distance and KS, over the limits it learns itself."""

from __future__ import annotations

import warnings
from typing import Any

import nannyml
import numpy as np
import pandas as pd
from protocol import Question, answer, column

warnings.simplefilter("ignore")  # of its own dependencies, thousands of times
METHODS = {"jensen_shannon": "nannyml, JS (default)", "kolmogorov_smirnov": "nannyml, KS"}


def judge(question: Question) -> dict[str, Any]:
    """Fitted on the reference in chunks of the window's length; its limit is the mean of those and 3 deviations."""
    found: dict[str, list[Any]] = {"jensen_shannon": []}
    if not all(question.categorical):
        found["kolmogorov_smirnov"] = []
    for reference, live in question.streams():
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=question.columns,
            chunk_size=question.window,
            continuous_methods=list(METHODS),
            categorical_methods=["jensen_shannon"],
        )
        calculator.fit(frame(question, reference))
        table = calculator.calculate(frame(question, live)).filter(period="analysis").to_df()
        for method, streams in found.items():
            silent = np.full(len(table), np.nan)
            excess = np.stack(
                [_excess(table[name][method]) if method in table[name] else silent for name in question.columns], axis=1
            )
            streams.append(excess[: len(live) // question.window].tolist())
    return {METHODS[method]: streams for method, streams in found.items()}


def frame(question: Question, rows: np.ndarray) -> pd.DataFrame:
    """The rows as its users hold them."""
    return pd.DataFrame(
        {
            name: column(rows[:, place], categorical=question.categorical[place])
            for place, name in enumerate(question.columns)
        }
    )


def _excess(told: pd.DataFrame) -> np.ndarray:
    excess = (told["value"] / told["upper_threshold"]).to_numpy(np.float64)
    if ((excess > 1) != told["alert"].to_numpy(bool)).any():
        raise ValueError("nannyml alerts by another rule than value > upper_threshold")
    return excess


answer("nannyml", judge)
