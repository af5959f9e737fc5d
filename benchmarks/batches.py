"""What a call costs its thread in the journal whatever shape its input has: arrays, frames, mappings, batches."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from caller import FEATURES, NullSink
from figures import Figure, medians_us

import driftmeter
from driftmeter.capture import Capture
from driftmeter.columns import rows_of
from driftmeter.journal import Journal
from driftmeter.otlp import Origin
from driftmeter.pipeline import Guard, Pipeline, current
from driftmeter.pipeline.stages import Naming
from driftmeter.sinks.events import EventSink
from driftmeter.sinks.journal_writer import JournalWriter
from driftmeter.sinks.journalled import Journalled
from driftmeter.sinks.packed.packer import CallPacker
from driftmeter.sinks.storing import Storing


def _inputs() -> Mapping[str, object]:
    values = np.random.default_rng(7).normal(size=(1000, FEATURES))
    frame = pd.DataFrame(values, columns=[f"feature_{number}" for number in range(FEATURES)])
    return {
        "array, 1 row": values[:1],
        "mapping, 1 row": frame.iloc[0].to_dict(),
        "list of a mapping, 1 row": frame[:1].to_dict("records"),
        "pandas frame, 1 row": frame[:1],
        "pandas frame with text, 1 row": frame[:1].assign(city="Oslo"),
        "array, 100 rows": values[:100],
        "pandas frame, 100 rows": frame[:100],
        "list of mappings, 100 rows": frame[:100].to_dict("records"),
        "array, 1,000 rows": values,
        "pandas frame, 1,000 rows": frame,
    }


def batches(rounds: int) -> list[Figure]:
    """`predict()` around 20 features in every usual shape, without a span."""
    guard, origin = Guard(), Origin(scope_name="driftmeter")
    storing = Storing(Capture("default"))
    with tempfile.TemporaryDirectory() as directory:
        journal = Journal(Path(directory) / "journal")
        events = Journalled(
            CallPacker([], storing, lambda: origin),
            guard,
            append=journal.append,
            sink=EventSink(JournalWriter(journal.append, lambda: origin), storing, guard),
            naming=Naming([], guard),
        )
        pipeline = Pipeline([NullSink()], events=events)
        current.install(pipeline)

        def predicting(inputs: object, rows: int) -> Callable[[], None]:
            outputs = 1.0 if rows == 1 else np.ones(rows)

            def predict() -> None:
                with driftmeter.predict("air-time", version="7", inputs=inputs) as call:
                    call.outputs = outputs

            return predict

        calls = {name: predicting(inputs, rows_of(inputs)) for name, inputs in _inputs().items()}
        found = medians_us(calls, rounds, 20)
        pipeline.drain()
        journal.close()
    return [Figure(f"a call in the journal: {name}", us, "µs") for name, us in found.items()]
