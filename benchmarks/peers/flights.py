"""The flights of 2015: when each rule first spoke, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
from asking import PEERS, SHARED, Answers, ask_peers
from counting import Verdict, Windowed
from ours import INDUSTRY, PLAIN, TIMED, spans_of
from streams import Case, Stream

from driftmeter.columns import Columns
from driftmeter.demo.flights import INPUTS, load_flights, replayed_flights, sent_by_client, training_flights
from driftmeter.drift import AlarmChange, DriftMonitor, Reference, WindowByRows, parse_window

WINDOW: Final = 2_000
AT_ONCE: Final = "driftmeter, with time, all flights within an hour"
"""As a demo replays them: the budget of a month is then shared by far more looks."""
CATEGORICAL: Final = (True, False, False, False)
QUIET_UNTIL: Final = {
    "airline": "2015-07-01",
    "distance_mi": "2015-11-15",
    "departure_delay_min": "2015-09-01",
    "taxi_out_min": "2015-09-01",
}
"""Alarms before these days are false: the merger of 1 July and the kilometres of 15 November are known to the day;
the punctual autumn that the delays show has no known first day, so the end of the summer stands for it."""


class Seen(NamedTuple):
    """What one rule said of one column.

    Attributes:
        first: the day of the last row of the first window, or pane, with an alarm; None where there was none.
        early: windows with an alarm that ended before `QUIET_UNTIL`, and how many ended before it.
        alarmed: which windows had an alarm, by number.

    """

    first: str | None
    early: tuple[int, int]
    alarmed: list[int]


class Replay(NamedTuple):
    """The whole year, as everyone sees it."""

    seen: dict[str, dict[str, Seen]]
    """By rule, then by column."""
    ends: list[str]
    """Day of each window's last row."""
    asked: list[str]


def replay(every: int) -> Replay:
    """All flights; with `every` 5 one of five, for a quick look."""
    flights = load_flights()
    training = training_flights(flights)[::every]
    live = replayed_flights(flights, every=every)
    window = WINDOW // every
    live = live[: len(live) // window * window]
    dates = [flight.date for flight in live]
    ends = dates[window - 1 :: window]
    past, now = [{name: getattr(one, name) for name in INPUTS} for one in training], list(map(sent_by_client, live))
    codes = {airline: code for code, airline in enumerate(sorted({str(row["airline"]) for row in past + now}))}
    case = Case("flights", window, CATEGORICAL, (Stream(_matrix(past, codes), _matrix(now, codes)),), tuned=False)
    peers = ask_peers([case], [peer for peer in PEERS if peer not in SHARED])
    known = {TIMED: _reference(past, [flight.date for flight in training]), PLAIN: _reference(past, None)}
    seen = {rule: _ours(reference, now, dates, window) for rule, reference in known.items()}
    seen[AT_ONCE] = _ours(known[TIMED], now, dates, window, at_once=True)
    seen |= {rule: _windowed(values, ends) for rule, values in _industry(past, now, window).items()}
    seen |= _peers(peers, case, dates, ends)
    return Replay(seen, ends, peers.asked)


def _matrix(rows: Sequence[Mapping[str, object]], codes: Mapping[str, int]) -> np.ndarray:
    def number(value: object) -> float:
        return np.nan if value is None else float(codes[value]) if isinstance(value, str) else float(str(value))

    return np.array([[number(row[name]) for name in INPUTS] for row in rows])


def _columns(rows: Sequence[Mapping[str, object]]) -> Columns:
    return Columns(list(INPUTS), len(rows), arrays=[[row[name] for row in rows] for name in INPUTS])


def _reference(past: Sequence[Mapping[str, object]], dates: Sequence[str] | None) -> Reference:
    table: dict[str, object] = {name: [row[name] for row in past] for name in INPUTS}
    if dates is None:
        return Reference.from_data(table, model="study")
    return Reference.from_data({**table, "date": list(dates)}, model="study", columns=list(INPUTS), time="date")


def _ours(
    known: Reference,
    now: Sequence[Mapping[str, object]],
    dates: Sequence[str],
    window: int,
    *,
    at_once: bool = False,
) -> dict[str, Seen]:
    """The monitor as it ships, on a clock that goes by the flights' days, or on one that stands still."""
    days = [datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() for date in dates]
    elapsed_s = 0.0
    shape = parse_window(f"{window}rows")
    monitor = DriftMonitor(known, windows=[shape], clock=lambda: elapsed_s)
    changes: list[AlarmChange] = []
    pane = window // shape.panes
    for start in range(0, len(now), pane):
        elapsed_s = 0.0 if at_once else days[start + pane - 1] - days[0]
        changes += monitor.observe(_columns(now[start : start + pane]), None, int(days[start] * 1e9))
    ends = dates[window - 1 :: window]
    return {
        name: _seen(name, sorted(spans_of([one for one in changes if one.name == name])), dates, ends, window)
        for name in INPUTS
    }


def _industry(
    past: Sequence[Mapping[str, object]], now: Sequence[Mapping[str, object]], window: int
) -> dict[str, np.ndarray]:
    monitor = DriftMonitor(_reference(past, None), windows=[WindowByRows(window, panes=1)])
    found = []
    for start in range(0, len(now), window):
        monitor.observe(_columns(now[start : start + window]), None, 0)
        told = {reading.name: reading.value for reading in monitor.readings().readings if reading.statistic == "psi"}
        found.append([told[name] for name in INPUTS])
    return {rule: np.array(found) / limit for rule, limit in INDUSTRY.items()}


def _peers(peers: Answers, case: Case, dates: Sequence[str], ends: Sequence[str]) -> dict[str, dict[str, Seen]]:
    found: dict[str, dict[str, Seen]] = {}
    for rule, by_case in peers.verdicts.items():
        verdict: Verdict = by_case[case.name]
        if isinstance(verdict, Windowed):
            found[rule] = _windowed(verdict.excess[0], ends)
            continue
        spoke = peers.by_column[rule][case.name]
        found[rule] = {
            name: _seen(name, [(row, row) for row, at in spoke if at == place], dates, ends, case.window)
            for place, name in enumerate(INPUTS)
            if not CATEGORICAL[place]
        }
    return found


def _windowed(excess: np.ndarray, ends: Sequence[str]) -> dict[str, Seen]:
    found = {}
    for place, name in enumerate(INPUTS):
        if (excess[:, place] < 0).all():
            continue  # it has nothing to say of such columns
        alarmed = np.flatnonzero(excess[:, place] >= 1).tolist()
        found[name] = Seen(ends[alarmed[0]] if alarmed else None, _early(name, alarmed, ends), alarmed)
    return found


def _seen(name: str, spans: Sequence[tuple[int, int]], dates: Sequence[str], ends: Sequence[str], window: int) -> Seen:
    alarmed = [
        number
        for number in range(len(ends))
        if any(began <= (number + 1) * window and ended > number * window for began, ended in spans)
    ]
    return Seen(dates[spans[0][0] - 1] if spans else None, _early(name, alarmed, ends), alarmed)


def _early(name: str, alarmed: Sequence[int], ends: Sequence[str]) -> tuple[int, int]:
    quiet = [number for number, end in enumerate(ends) if end < QUIET_UNTIL[name]]
    return (len(set(quiet) & set(alarmed)), len(quiet))
