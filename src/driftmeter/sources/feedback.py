"""`feedback()`: a label arrives for an earlier prediction."""

from __future__ import annotations

import operator
import time
from typing import cast

from driftmeter.columns import weight_of
from driftmeter.pipeline import Guard, current
from driftmeter.record import LABEL_SOURCES, Feedback, LabelSource
from driftmeter.sources.text import text_of
from driftmeter.sources.timestamp import Timestamp, timestamp_ns
from driftmeter.text import as_text

FEEDBACK_WEIGHT_BYTES = 256


class _Label:
    """The draft of a `Feedback`: already written, so there is nothing left for the worker to read."""

    __slots__ = ("_feedback",)

    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    def settle(self, guard: Guard) -> int:  # noqa: ARG002  # the contract's
        """Nothing is left to copy; roughly what it keeps alive."""
        return FEEDBACK_WEIGHT_BYTES + weight_of(self._feedback.actual)

    def loose(self, guard: Guard) -> None:
        """It has to be read first."""

    def record(self, guard: Guard) -> Feedback:  # noqa: ARG002  # the contract's
        return self._feedback


def feedback(
    prediction_id: str,
    *,
    actual: object,
    source: str = "direct",
    row: int = 0,
    model: str | None = None,
    timestamp: Timestamp = None,
) -> None:
    """Record what really happened, however late: an `ml.feedback` event, and the model's rolling quality.

    Never raises: a label source that does not exist is counted as a fault and recorded as `direct`.

    Args:
        prediction_id: the `id` of the prediction.
        actual: the true value or class.
        source: where the label comes from: `direct`, `human`, `active` (learning) or `weak` (supervision).
        row: which row of a batch, from 0.
        model: the model's name, where this process did not make the prediction itself.
        timestamp: when the label became known, if not now.

    >>> import driftmeter
    >>> driftmeter.feedback("0198c3f0", actual=123.0, source="human")

    """
    pipeline = current.pipeline()
    with pipeline.guard.at("sources.feedback"):
        if source not in LABEL_SOURCES:
            pipeline.guard.faults.add("sources.feedback.source")
            source = "direct"
        label = Feedback(
            prediction_id=_required(prediction_id),
            actual=actual,
            source=cast("LabelSource", source),
            row=operator.index(row),
            model=text_of(model, pipeline.guard, "sources.feedback.model"),
            received_ns=timestamp_ns(timestamp, pipeline.guard) or time.time_ns(),
        )
        pipeline.submit(_Label(label))


def _required(prediction_id: object) -> str:
    if (text := as_text(prediction_id)) is None:
        raise TypeError("a prediction's id is text")
    return text
