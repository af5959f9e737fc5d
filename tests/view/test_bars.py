import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.view.bars import bar, limit_bar, sparkline, thin_bar

shares = st.floats(-1, 2, allow_nan=False)
widths = st.integers(1, 60)
positive = st.floats(1e-6, 1e6)


@given(shares, widths)
def test_a_bar_always_has_its_width(share, width):
    """Whatever the share, tables stay straight."""
    assert len(bar(share, width).plain) == len(thin_bar(share, width).plain) == width


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_greater_share_is_no_shorter_bar(one, other):
    """Bars keep the order of what they show."""
    low, high = sorted((one, other))

    assert bar(low, 20).plain.count("█") <= bar(high, 20).plain.count("█")


@given(positive, positive, st.integers(3, 60))
def test_a_limit_bar_reaches_its_mark_only_near_the_limit(value, limit, width):
    """Left of the mark is below the limit, beyond it above; one character is the resolution."""
    drawn = limit_bar(value, limit, width, colour="red").plain
    reached = "┿" in drawn
    one_character = 10 ** (2 / width)

    assert len(drawn) == width
    if value > limit * one_character:
        assert reached
    if value < limit / one_character:
        assert not reached


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_limit_bar_of_nothing_is_empty(value):
    """There is no logarithm to draw."""
    assert "━" not in limit_bar(value, 0.1, 20, colour="red").plain


@given(st.lists(st.floats(0, 1e9), max_size=200), widths)
def test_a_sparkline_always_has_its_width(values, width):
    """Few values stand at the right, many share places."""
    assert len(sparkline(values, width)) == width


def test_a_sparkline_shows_the_peak_of_values_that_share_a_place():
    """A short alarm must not vanish between two quiet values."""
    assert sparkline([0.0] * 50 + [1.0] + [0.0] * 49, 10) == "▁▁▁▁▁█▁▁▁▁"
