"""The study's tables, as lines of cells, and their place in the document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from counting import Rate, Spanned, Verdict, found_within, median_delay
from flights import Replay
from ours import PLAIN, TIMED
from streams import AFTER, DAY_ROWS, NULLS, SHIFTS, WINDOWS, Case, null_name, shift_name

from driftmeter.demo.flights import INPUTS

Verdicts: TypeAlias = Mapping[str, Mapping[str, Verdict]]
Table: TypeAlias = list[list[str]]
NONE = "-"


def false_alarms(verdicts: Verdicts, window: int) -> Table:
    """Share of the windows with an alarm though nothing drifted, by rule and stream."""
    table = [["rule", *NULLS]]
    for rule, by_case in verdicts.items():
        names = [null_name(kind, window) for kind in NULLS]
        if any(name in by_case for name in names):
            table.append([rule, *(percent(alarm_rate(by_case.get(name))) for name in names)])
    return table


def alarm_rate(verdict: Verdict | None) -> Rate:
    """Windows with an alarm, of all windows."""
    if verdict is None:
        return Rate(0, 0)
    flags = verdict.alarmed(None)
    return Rate(int(flags.sum()), int(flags.size))


def budget(verdicts: Verdicts, cases: Sequence[Case]) -> Table:
    """What we promise, one false page in 30 days, beside the pages that came, on the streams without drift."""
    rows = {case.name: sum(len(stream.live) for stream in case.streams) for case in cases}
    table = [
        [
            "stream",
            "window",
            "rows",
            "allowed",
            "pages, with time",
            "windows with an alarm, 95 %",
            "pages, without time",
        ]
    ]
    for kind in NULLS:
        for window in WINDOWS:
            name = null_name(kind, window)
            timed, plain = verdicts[TIMED][name], verdicts[PLAIN][name]
            assert isinstance(timed, Spanned)
            assert isinstance(plain, Spanned)
            rate = alarm_rate(timed)
            low, high = rate.interval()
            told = f"{rate.hits} of {rate.of} ({low:.1%} to {high:.1%})"
            allowed = f"{rows[name] / (30 * DAY_ROWS):.1f}"
            table.append([kind, f"{window}", f"{rows[name]:,}", allowed, f"{timed.pages()}", told, f"{plain.pages()}"])
    return table


def delays(verdicts: Verdicts, cases: Mapping[str, Case], shift: str) -> Table:
    """How many streams were found, and how soon, as rules ship and at our own rate of false alarms."""
    table = [["rule", *(f"{window} {how}" for window in WINDOWS for how in ("default", "same rate"))]]
    for rule, by_case in verdicts.items():
        cells = []
        for window in WINDOWS:
            case = cases[shift_name(shift, window)]
            verdict = by_case.get(case.name)
            if verdict is None:
                cells += [NONE, NONE]
                continue
            setting = same_rate(verdicts, rule, shift, window)
            cells.append(_delay(verdict, None, case))
            cells.append("no setting" if math.isnan(setting) else _delay(verdict, setting, case))
        if any(cell != NONE for cell in cells):
            table.append([rule, *cells])
    return table


def same_rate(verdicts: Verdicts, rule: str, shift: str, window: int) -> float:
    """The setting of a rule at which it alarms as rarely as ours on the stream that the shift changes; NaN for none."""
    name = null_name(SHIFTS[shift][0], window)
    allowed = alarm_rate(verdicts[TIMED][name])
    theirs = verdicts[rule].get(name)
    if theirs is None:
        return math.nan
    share = alarm_rate(theirs).of / allowed.of
    setting = theirs.setting_for(math.floor(allowed.hits * share))
    return math.nan if setting is None else setting


def _delay(verdict: Verdict, setting: float | None, case: Case) -> str:
    found = verdict.delays(setting, [stream.onset or 0 for stream in case.streams], case.window)
    median = median_delay(found)
    within = found_within(found, AFTER * case.window).share
    return f"{within:.0%}, {NONE if math.isinf(median) else f'{median:,.0f}'}"


def allowances(verdicts: Verdicts) -> Table:
    """How many false alarms every rule was allowed where it says `same rate`."""
    table = [["stream", *map(str, WINDOWS)]]
    for kind in dict.fromkeys(base for base, _ in SHIFTS.values()):
        rates = [alarm_rate(verdicts[TIMED][null_name(kind, window)]) for window in WINDOWS]
        table.append([kind, *(f"{rate.hits} of {rate.of}" for rate in rates)])
    return table


def flights(replay: Replay) -> Table:
    """First alarm by rule and column, and the windows with an alarm before there was anything to find."""
    table = [["rule", *INPUTS]]
    for rule, by_column in replay.seen.items():
        cells = [
            f"{seen.first or 'never'} ({seen.early[0]}/{seen.early[1]})" if seen else NONE
            for seen in map(by_column.get, INPUTS)
        ]
        table.append([rule, *cells])
    return table


def percent(rate: Rate) -> str:
    """A share as a reader wants it."""
    return NONE if not rate.of else "0" if not rate.hits else f"{rate.share:.1%}"


def markdown(table: Table) -> str:
    """A table of the document."""
    head, *lines = table
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in (head, rule, *lines))


def write(path: Path, sections: Mapping[str, str]) -> None:
    """Put each section between its markers, `<!-- study:NAME -->` and `<!-- /study:NAME -->`.

    Raises:
        ValueError: a section that the document has no place for.

    """
    text = path.read_text()
    for name, section in sections.items():
        begin, end = f"<!-- study:{name} -->", f"<!-- /study:{name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{path} has no place for {name!r}; it needs {begin} and {end}")
        text = f"{before}{begin}\n{section}\n{end}{after}"
    path.write_text(text)
