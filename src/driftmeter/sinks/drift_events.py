"""What the event of an alarm says: what moved, how far, beyond which limit, in which bins and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.drift import REFERENCE, AlarmChange
from driftmeter.record import Prediction
from driftmeter.sinks.slicing import Slice

SILENT: Final = "has had no rows for long and is watched no more"
NO_LONGER: Final = "is watched no more with the settings of that alarm"


def drift_attributes(
    change: AlarmChange, tipped: Prediction, slice_: Slice | None, moving: Sequence[Prediction], reference_hash: str
) -> dict[str, AnyValue]:
    """The attributes of `ml.drift.detected` and `ml.drift.cleared`.

    Args:
        change: of the alarm.
        tipped: the prediction at which it changed.
        slice_: of the traffic, None for the whole.
        moving: some of the latest predictions in the bins that moved it.
        reference_hash: of the model's reference.

    """
    attributes: dict[str, AnyValue] = {
        semconv.DRIFT_SUBJECT_KIND: change.kind,
        **_subject(change),
        semconv.DRIFT_STATISTIC: change.statistic,
        semconv.DRIFT_VALUE: change.value,
        semconv.DRIFT_THRESHOLD: change.threshold,
        semconv.DRIFT_P_VALUE: change.p_value,
        semconv.WINDOW: change.window,
        semconv.DRIFT_WINDOW_ROWS: change.window_rows,
        semconv.DRIFT_ROW: change.row,
        semconv.PREDICTION_ID: tipped.id,
        semconv.MODEL_NAME: tipped.model,
        semconv.REFERENCE_HASH: reference_hash,
    }
    if tipped.version is not None:
        attributes[semconv.MODEL_VERSION] = tipped.version
    if change.against != REFERENCE:
        attributes[semconv.DRIFT_AGAINST] = change.against
    if slice_ is not None:
        attributes |= {semconv.SLICE_NAME: slice_.name, semconv.SLICE_VALUE: slice_.value}
    if change.bins:
        attributes[semconv.DRIFT_BINS] = [name for name, _ in change.bins]
        attributes[semconv.DRIFT_BIN_SHARES] = [share for _, share in change.bins]
    if moving:
        attributes[semconv.DRIFT_PREDICTION_IDS] = [each.id for each in moving]
    traced = [f"{each.trace.trace_id:032x}" for each in moving if each.trace is not None]
    if traced:
        attributes[semconv.DRIFT_TRACE_IDS] = traced
    return attributes


def told(change: AlarmChange, model: str, slice_: Slice | None) -> str:
    """The event in words."""
    left = _named(change.against)
    verb = f"drifted from {left}" if change.raised else f"is back at {left}"
    return f"{_told_subject(change)} of {_of(model, slice_)} {verb}"


def told_end(change: AlarmChange, model: str, slice_: Slice | None, why: str) -> str:
    """The event in words where an alarm is over since nobody watches any more what it was raised for."""
    return f"{_told_subject(change)} of {_of(model, slice_)} {why}"


def _subject(change: AlarmChange) -> dict[str, AnyValue]:
    """The column that drifted, or those that did together."""
    if change.kind == "multivariate":
        return {semconv.DRIFT_COLUMNS: list(change.columns)}
    return {(semconv.FEATURE if change.kind == "feature" else semconv.OUTPUT).attribute: change.name}


def _of(model: str, slice_: Slice | None) -> str:
    return model if slice_ is None else f"{model} where {slice_.name} is {slice_.value}"


def _told_subject(change: AlarmChange) -> str:
    if change.kind != "multivariate":
        return f"{change.kind} {change.name}"
    of_columns = " and ".join(change.columns)
    return f"{change.name} of {of_columns}" if change.name == "correlation" else f"{change.name} error ({of_columns})"


def _named(against: str) -> str:
    """What a window was compared with, in words."""
    return {REFERENCE: "its reference", "previous": "the window before"}.get(against, against.replace(":", " "))
