"""The multivariate part of a report as lines to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast


def summary_lines(multivariate: Mapping[str, object]) -> list[str]:
    """One line for each statistic that was not left out; of associations only those that raise an alarm.

    >>> summary_lines({"reconstruction": {"error_reference": 0.5, "error_live": 2.0, "pvalue": 1e-9, "alarm": True}})
    ['DRIFT of the reconstruction error from 0.5 to 2 (p-value 1e-09)']
    """
    return list(_lines(multivariate))


def _lines(multivariate: Mapping[str, object]) -> Iterator[str]:
    found = {
        key: value for key, value in multivariate.items() if isinstance(value, Mapping) and "left_out" not in value
    }
    if "reconstruction" in found:
        error = found["reconstruction"]
        yield _moved(error, "the reconstruction error", error["error_reference"], error["error_live"])
    if "correlation" in found:
        change = found["correlation"]
        of_pair = f"the correlation of {' and '.join(change['pair'])}"
        yield _moved(change, of_pair, change["reference"], change["live"])
    if "classifier" in found:
        told = found["classifier"]
        features = ", ".join(list(told["contributions"])[:3])
        skill = f"AUC {_number(told['auc'])} (p-value {_number(told['pvalue'])})"
        yield f"{_mark(told)} by a classifier: {skill}, most by {features}{_caution(told)}"
    for of_output, inputs in found.get("association", {}).items():
        for of_input, change in inputs.items():
            if change["alarm"]:
                subject = f"the association of {of_input} with {of_output}"
                yield _moved(change, subject, change["reference"], change["live"])


def _moved(values: Mapping[str, object], subject: str, before: object, after: object) -> str:
    return (
        f"{_mark(values)} of {subject} from {_number(before)} to {_number(after)} (p-value {_number(values['pvalue'])})"
        f"{_caution(values)}"
    )


def _caution(values: Mapping[str, object]) -> str:
    return "; evidence only: as if rows were independent" if values["alarm"] and values.get("evidence") else ""


def _mark(values: Mapping[str, object]) -> str:
    return "DRIFT" if values["alarm"] else "no drift"


def _number(value: object) -> str:
    return "-" if value is None else f"{cast('float', value):.3g}"
