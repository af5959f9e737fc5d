from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import WindowByRows, WindowByTime, parse_window


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2000", "2000rows"), ("1000rows", "1000rows"), (" 500 Rows ", "500rows"), ("1row", "1rows"),
        ("1h", "1h"), ("24h", "24h"), ("1d", "24h"), ("7d", "168h"), ("90m", "90m"), ("90min", "90m"),
        ("3600s", "1h"), ("45s", "45s"), ("1.5h", "90m"), ("2.5s", "2.5s"),
    ],
)  # fmt: skip
def test_windows_are_read_and_named(text, name):
    """The name is the same however the window was written."""
    assert parse_window(text).name == name


@pytest.mark.parametrize(
    "text",
    ["", "rows", "-5", "0", "0rows", "1.5rows", "1 week", "1h30m", "0s", "0.5s", "11000d", "inf", "1e3", "\u0661rows"],
)
def test_what_is_no_window_is_refused_with_examples(text):
    """The message shows the forms that work."""
    with pytest.raises(ValueError, match="2000rows, or a duration such as 90s"):
        parse_window(text)


@given(st.one_of(st.integers(1, 10**7).map(WindowByRows), st.integers(1, 10**7).map(WindowByTime)))
def test_a_name_reads_back_as_its_window(window):
    """So that a metric's attribute can be put into the settings."""
    assert parse_window(window.name) == window


@given(st.integers(1, 10**6))
def test_panes_divide_the_rows(rows):
    """A full window of panes is exactly the rows, whatever their number."""
    window = WindowByRows(rows)
    assert window.panes * window.pane_rows == rows


def test_panes_can_be_chosen():
    """By rows only where they divide the window."""
    assert parse_window("1000rows", panes=10).panes == 10
    assert parse_window("1h", panes=60).pane_ns == 60 * 10**9
    with pytest.raises(ValueError, match="do not divide"):
        WindowByRows(1000, 3)
    with pytest.raises(ValueError, match="at least 1"):
        WindowByTime(60, 0)
