"""A page is open exactly while an alarm of its column stands."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import AlarmChange
from driftmeter.sinks.pages import Pages

ALARMS = st.tuples(
    st.sampled_from(["age", "city"]),
    st.sampled_from(["reference", "previous"]),
    st.sampled_from([("shift", "running"), ("psi", "1h"), ("psi", "24h")]),
)


def _change(alarm, raised, row):
    (name, against, (statistic, window)) = alarm
    return AlarmChange("feature", name, statistic, window, raised, 12.0, 10.0, 1e-6, 90, row, row - 1, against)


@given(st.lists(ALARMS, max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_a_page_is_open_while_an_alarm_stands(turned, cuts):
    """Each column and left side by itself, in whatever batches alarms are raised and cleared."""
    standing, changes, expected = set(), [], []
    for row, alarm in enumerate(turned, 1):
        before = {each[:2] for each in standing}
        standing ^= {alarm}
        changes.append(_change(alarm, alarm in standing, row))
        after = {each[:2] for each in standing}
        expected += [(*subject, subject in after, row) for subject in before ^ after]
    pages, ends = Pages(), [0, *sorted(cuts), 40]
    told = [change for start, end in itertools.pairwise(ends) for change in pages.of(changes[start:end])]
    assert [(change.name, change.against, change.raised, change.row) for change in told] == expected


def test_of_one_batch_the_earliest_alarm_opens_the_page():
    """Whichever statistic is told first."""
    late, early = (
        _change(("age", "reference", ("psi", "1h")), True, 400),
        _change(("age", "reference", ("shift", "running")), True, 90),
    )
    assert Pages().of([late, early]) == [early]
