"""evidently: the test that it chooses by default for each column, its value over its threshold."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests.registry import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset
from protocol import Question, answer, column

warnings.simplefilter("ignore")  # of its own dependencies, thousands of times
checked: set[str] = set()


def judge(question: Question) -> dict[str, Any]:
    """The tests that `DataDriftPreset` runs, called without its report, which would take a hundred times as long."""
    found = []
    for reference, live in question.streams():
        sides = [series(reference, place, flag) for place, flag in enumerate(question.categorical)]
        tests = None
        windows = []
        for window in question.windows(live):
            current = [series(window, place, flag) for place, flag in enumerate(question.categorical)]
            if tests is None:
                tests = [
                    get_stattest(one, other, kind, None) for (one, kind), (other, _) in zip(sides, current, strict=True)
                ]
            results = [
                test(one, other, kind, None)
                for test, (one, kind), (other, _) in zip(tests, sides, current, strict=True)
            ]
            if any(test.name in {"ks", "chisquare", "z"} for test in tests):
                raise ValueError(f"evidently chose a test of p-values for {question.name}; the study expects distances")
            windows.append([float(result.drift_score) / result.actual_threshold for result in results])
        check(question, reference, next(question.windows(live)), windows[0])
        found.append(windows)
    return {"evidently, default tests": found}


def series(rows: np.ndarray, place: int, flag: bool) -> tuple[pd.Series, ColumnType]:  # noqa: FBT001  # inner
    """One column, cleaned as evidently's own metric does before its tests: without missing values."""
    kind = ColumnType.Categorical if flag else ColumnType.Numerical
    return pd.Series(column(rows[:, place], categorical=flag), name=f"column_{place}").dropna(), kind


def check(question: Question, reference: np.ndarray, window: np.ndarray, excess: list[float]) -> None:
    """Once for each kind of stream: the whole preset says the same."""
    kind = question.name.partition(" | ")[0]
    if kind in checked:
        return
    checked.add(kind)
    names = question.columns
    definition = DataDefinition(
        numerical_columns=[name for name, flag in zip(names, question.categorical, strict=True) if not flag],
        categorical_columns=[name for name, flag in zip(names, question.categorical, strict=True) if flag],
    )
    current, past = (
        Dataset.from_pandas(
            pd.DataFrame(
                {
                    name: column(rows[:, place], categorical=question.categorical[place])
                    for place, name in enumerate(names)
                }
            ),
            data_definition=definition,
        )
        for rows in (window, reference)
    )
    metrics = Report([DataDriftPreset()]).run(current, past).dict()["metrics"]
    told = {metric["config"]["column"]: float(metric["value"]) for metric in metrics if "column" in metric["config"]}
    for name, share in zip(names, excess, strict=True):
        if not math.isclose(told[name], share * 0.1, rel_tol=1e-9):
            raise ValueError(
                f"evidently's preset says {told[name]} for {name} of {question.name}, its test {share * 0.1}"
            )


answer("evidently", judge)
