"""driftmeter on the same streams, with its monitor as it ships, and the industry's rule on its PSI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from counting import Span, Spanned, Verdict, Windowed
from streams import DAY_ROWS, Case, Stream

from driftmeter.columns import Columns
from driftmeter.drift import AlarmChange, DriftMonitor, Reference, WindowByRows, parse_window

TIMED, PLAIN = "driftmeter, reference with time", "driftmeter, reference without time"
INDUSTRY: Final = {"PSI > 0.2": 0.2, "PSI > 0.1": 0.1}
STARTS: Final = np.datetime64("2026-01-05T00:00:00", "ms")
ROW_MS: Final = 86_400_000 // DAY_ROWS
SHIPPED: Final = 30.0
"""Its only setting here: a false page in 30 days, which at `DAY_ROWS` is one in 60,000 rows."""
NEVER: Final = 1 << 60


def ask_ours(cases: Sequence[Case]) -> dict[str, dict[str, Verdict]]:
    """Our verdicts by rule and case."""
    verdicts: dict[str, dict[str, Verdict]] = {rule: {} for rule in (TIMED, PLAIN, *INDUSTRY)}
    for case in cases:
        rows = len(case.streams[0].live)
        plain = [reference(case, stream, timed=False) for stream in case.streams]
        timed = [reference(case, stream, timed=True) for stream in case.streams]
        for rule, references in ((TIMED, timed), (PLAIN, plain)):
            pairs = zip(case.streams, references, strict=True)
            spans = [spans_of(alarm_changes(case, stream, known)) for stream, known in pairs]
            verdicts[rule][case.name] = Spanned({SHIPPED: spans}, SHIPPED, rows, case.window)
        psi = np.array([psi_values(case, *pair) for pair in zip(case.streams, plain, strict=True)])
        for rule, limit in INDUSTRY.items():
            verdicts[rule][case.name] = Windowed((psi / limit).tolist(), case.window)
    return verdicts


def names(case: Case) -> list[str]:
    """Names of the columns."""
    return [f"column_{place}" for place in range(len(case.categorical))]


def columns(case: Case, rows: np.ndarray) -> Columns:
    """Rows as the monitor takes them."""
    if not any(case.categorical):
        return Columns(names(case), len(rows), matrix=rows)
    arrays = [
        [f"c{int(code)}" for code in rows[:, place]] if flag else rows[:, place]
        for place, flag in enumerate(case.categorical)
    ]
    return Columns(names(case), len(rows), arrays=arrays)


def reference(case: Case, stream: Stream, *, timed: bool) -> Reference:
    """The reference of one stream, with or without its rows' times."""
    table = columns(case, stream.reference)
    found: dict[str, object] = {name: table[name] for name in names(case)}
    if not timed:
        return Reference.from_data(found, model="study")
    found["time"] = STARTS + ROW_MS * np.arange(len(stream.reference))
    return Reference.from_data(found, model="study", columns=names(case), time="time")


def alarm_changes(case: Case, stream: Stream, known: Reference) -> list[AlarmChange]:
    """Every alarm raised or cleared over the live rows, in order; they come in panes, as time goes by."""
    now_s = 0.0
    window = parse_window(f"{case.window}rows")
    pane = case.window // window.panes
    monitor = DriftMonitor(known, windows=[window], clock=lambda: now_s)
    changes = []
    for start in range(0, len(stream.live), pane):
        now_s = (start + pane) * ROW_MS / 1000
        changes += monitor.observe(columns(case, stream.live[start : start + pane]), None, int(now_s * 1e9))
    return changes


def spans_of(changes: Sequence[AlarmChange]) -> list[Span]:
    """From when to when each alarm stood."""
    standing: dict[tuple[str, str], int] = {}
    spans = []
    for change in changes:
        if change.raised:
            standing[change.name, change.statistic] = change.row
        else:
            spans.append((standing.pop((change.name, change.statistic)), change.row))
    return spans + [(row, NEVER) for row in standing.values()]


def psi_values(case: Case, stream: Stream, known: Reference) -> list[list[float]]:
    """The PSI of every window, one after the other, of every column: ten quantile bins of the reference."""
    monitor = DriftMonitor(known, windows=[WindowByRows(case.window, panes=1)])
    found = []
    for start in range(0, len(stream.live) - case.window + 1, case.window):
        monitor.observe(columns(case, stream.live[start : start + case.window]), None, 0)
        told = {reading.name: reading.value for reading in monitor.readings().readings if reading.statistic == "psi"}
        found.append([told[name] for name in names(case)])
    return found
