"""Every event, attribute and metric that driftmeter emits: name, unit, description, in one place.

OpenTelemetry has no convention for the inference of classic models, so the names are ours, under `ml.*`; where
OpenTelemetry has a name, it is used. Metric attributes never come from request values.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from driftmeter.version import __version__

SCOPE_NAME: Final = "driftmeter"
SCOPE_VERSION: Final = __version__

# Events
EVENT_PREDICTION: Final = "ml.prediction"
EVENT_FEEDBACK: Final = "ml.feedback"
EVENT_DRIFT_DETECTED: Final = "ml.drift.detected"
EVENT_DRIFT_CLEARED: Final = "ml.drift.cleared"
EVENT_MODEL_CHANGED: Final = "ml.model.changed"
EVENT_JOURNAL_GAP: Final = "driftmeter.journal.gap"
"""Records that will never arrive: how many, why, and between which numbers of which writer."""

# Identity
MODEL_NAME: Final = "ml.model.name"
MODEL_VERSION: Final = "ml.model.version"
MODEL_VERSION_PREVIOUS: Final = "ml.model.version.previous"
MODEL_FRAMEWORK: Final = "ml.model.framework"
OPERATION_NAME: Final = "ml.operation.name"
ERROR_TYPE: Final = "error.type"
EVENT_NAME: Final = "event.name"
"""The event's name once more: many backends drop `LogRecord.event_name`."""

# One prediction
PREDICTION_ID: Final = "ml.prediction.id"
PREDICTION_BATCH_SIZE: Final = "ml.prediction.batch_size"
PREDICTION_DURATION: Final = "ml.prediction.duration"
PREDICTION_INPUTS: Final = "ml.prediction.inputs"
PREDICTION_OUTPUTS: Final = "ml.prediction.outputs"
PREDICTION_SCORES: Final = "ml.prediction.scores"
PREDICTION_SOURCE: Final = "ml.prediction.source"
PREDICTION_ROW: Final = "ml.prediction.row"
PREDICTION_ALTERED: Final = "ml.prediction.altered"
"""True when a value could not be recorded as it was: too long, too deep, of no known type."""
REFERENCE_HASH: Final = "ml.reference.hash"
SLICE_PREFIX: Final = "ml.slice."
SLICE_NAME: Final = "ml.slice.name"
SLICE_VALUE: Final = "ml.slice.value"
"""Of a watched slice, on its drift metrics and alarms; both absent for the whole."""
TAG_PREFIX: Final = "ml.tag."

# One label
LABEL_VALUE: Final = "ml.label.value"
LABEL_SOURCE: Final = "ml.label.source"
LABEL_DELAY: Final = "ml.label.delay"

# Drift
FEATURE_NAME: Final = "ml.feature.name"
OUTPUT_NAME: Final = "ml.output.name"
BIN: Final = "ml.bin"
DRIFT_STATISTIC: Final = "ml.drift.statistic"
DRIFT_SUBJECT_KIND: Final = "ml.drift.subject.kind"
DRIFT_AGAINST: Final = "ml.drift.against"
"""What a window was compared with, where that was not the reference: `previous` or `version:<older>`."""
DRIFT_VALUE: Final = "ml.drift.value"
DRIFT_THRESHOLD: Final = "ml.drift.threshold"
DRIFT_P_VALUE: Final = "ml.drift.p_value"
DRIFT_WINDOW_ROWS: Final = "ml.drift.window.rows"
DRIFT_ROW: Final = "ml.drift.row"
"""How many rows this process had seen of the model when the alarm changed."""
DRIFT_BINS: Final = "ml.drift.bins"
"""Names of the bins that moved the value most, the farthest first."""
DRIFT_BIN_SHARES: Final = "ml.drift.bin_shares"
"""Share of the value that each of those bins makes up."""
DRIFT_COLUMNS: Final = "ml.drift.columns"
"""Of columns looked at together, those that moved most, the farthest first; the pair of a correlation."""
DRIFT_PREDICTION_IDS: Final = "ml.drift.prediction_ids"
"""Some of the latest predictions with a row in those bins, the newest first."""
DRIFT_TRACE_IDS: Final = "ml.drift.trace_ids"
"""The traces that those predictions belong to."""
WINDOW: Final = "ml.window"
PERFORMANCE_NAME: Final = "ml.performance.name"
PERFORMANCE_ESTIMATED: Final = "ml.performance.estimated"
REASON: Final = "reason"
JOURNAL_STATE: Final = "driftmeter.journal.state"

# Whom it is about, and until when it is to be kept
SUBJECT_REF: Final = "ml.subject.ref"
"""A pseudonym: HMAC of the subject under a key that the user holds."""
RETENTION_UNTIL: Final = "ml.retention.until"
"""UTC date from which the event is to be deleted."""

JOURNAL_ALTERED: Final = "driftmeter.journal.altered"
"""Whether any value of a log record that is no prediction could not be kept as it was."""

# Lost records
JOURNAL_WRITER: Final = "driftmeter.journal.writer"
GAP_COUNT: Final = "driftmeter.journal.gap.count"
GAP_FIRST: Final = "driftmeter.journal.gap.first"
GAP_LAST: Final = "driftmeter.journal.gap.last"
"""The first and the last number that the lost records may have had; others between them may have arrived."""
GAP_STARTED: Final = "driftmeter.journal.gap.started"
"""When the first of them was lost, in nanoseconds since the epoch; the event's own time is the last one's."""

Kind: TypeAlias = Literal[
    "counter",
    "histogram",
    "observable_counter",
    "observable_gauge",
    "observable_up_down_counter",
]


class Metric(NamedTuple):
    """One row of the table of metrics: what a user sees in the backend."""

    name: str
    kind: Kind
    unit: str
    description: str

    @property
    def described(self) -> tuple[str, str, str]:
        """Name, unit and description: what a Meter asks for, in its order."""
        return self.name, self.unit, self.description


class Subject(NamedTuple):
    """The metrics of one kind of watched column; features and outputs are watched alike."""

    attribute: str
    observations: Metric
    reference: Metric
    drift: Metric
    threshold: Metric
    alarm: Metric


def _subject(attribute: str, kind: str, noun: str) -> Subject:
    prefix = f"ml.{kind}"
    return Subject(
        attribute,
        Metric(f"{prefix}.observations", "observable_counter", "{observation}", f"Values of the {noun}, by bin."),
        Metric(f"{prefix}.reference", "observable_gauge", "{proportion}", f"Reference share of the {noun}'s bin."),
        Metric(
            f"{prefix}.drift", "observable_gauge", "{distance}", f"Distance of the {noun}'s window to the reference."
        ),
        Metric(
            f"{prefix}.drift.threshold", "observable_gauge", "{distance}", "Distance that chance alone does not reach."
        ),
        Metric(f"{prefix}.drift.alarm", "observable_gauge", "{alarm}", "1 while the alarm is raised, else 0."),
    )


FEATURE: Final = _subject(FEATURE_NAME, "feature", "feature")
OUTPUT: Final = _subject(OUTPUT_NAME, "output", "model output")

MULTIVARIATE_DRIFT: Final = Metric(
    "ml.multivariate.drift",
    "observable_gauge",
    "{distance}",
    "Distance of what columns show together to the reference.",
)
MULTIVARIATE_THRESHOLD: Final = Metric(
    "ml.multivariate.drift.threshold", "observable_gauge", "{distance}", "Distance that chance alone does not reach."
)
MULTIVARIATE_ALARM: Final = Metric(
    "ml.multivariate.drift.alarm", "observable_gauge", "{alarm}", "1 while the alarm is raised, else 0."
)

DURATION: Final = Metric(PREDICTION_DURATION, "histogram", "s", "Duration of model calls.")
DURATION_BOUNDARIES_S: Final = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
ROWS: Final = Metric("ml.prediction.rows", "counter", "{row}", "Rows predicted.")
PERFORMANCE: Final = Metric("ml.performance", "observable_gauge", "{score}", "Quality of the model on labelled rows.")
LABEL_DELAY_METRIC: Final = Metric(LABEL_DELAY, "histogram", "s", "Time from a prediction to its label.")
LABEL_DELAY_BOUNDARIES_S: Final = (
    0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0,
)  # fmt: skip
LABEL_MATCHED: Final = Metric("ml.label.matched", "counter", "{label}", "Labels joined to their prediction.")
LABEL_ORPHANED: Final = Metric("ml.label.orphaned", "counter", "{label}", "Labels whose prediction is not known here.")
MODEL_AGE: Final = Metric("ml.model.age", "observable_gauge", "s", "Time since the model was trained.")

DROPPED: Final = Metric("driftmeter.dropped", "observable_counter", "{record}", "Records lost, by reason.")
IGNORED: Final = Metric(
    "driftmeter.drift.ignored", "observable_counter", "{value}", "Values without a column or time in drift, by reason."
)
FAULTS: Final = Metric("driftmeter.faults", "observable_counter", "{fault}", "Contained faults, by reason.")
ALTERED: Final = Metric(
    "driftmeter.altered", "observable_counter", "{value}", "Values that could not be recorded as they were, by reason."
)
JOURNAL_USAGE: Final = Metric("driftmeter.journal.usage", "observable_gauge", "By", "Bytes in the journal, by state.")
JOURNAL_AGE: Final = Metric("driftmeter.journal.age", "observable_gauge", "s", "Age of the oldest segment.")
JOURNAL_DELIVERED: Final = Metric(
    "driftmeter.journal.delivered", "observable_counter", "{record}", "Events that the backend has taken."
)
JOURNAL_DEAD_LETTERS: Final = Metric(
    "driftmeter.journal.dead_letters", "observable_counter", "{record}", "Events that the backend refused, by reason."
)
JOURNAL_RETRIES: Final = Metric(
    "driftmeter.journal.retries", "observable_counter", "{request}", "Requests that are sent again, by reason."
)
BUFFER_USAGE: Final = Metric("driftmeter.buffer.usage", "observable_gauge", "By", "Bytes waiting for the worker.")
