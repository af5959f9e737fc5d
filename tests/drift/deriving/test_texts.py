from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift.deriving.derivation import UNREAD
from driftmeter.drift.deriving.texts import MAX_CHARACTERS, STATISTICS, TextDerivation, token_hashes

KNOWN = TextDerivation("note", frozenset(token_hashes("late again because of snow")))


def _of(text):
    return dict(zip(STATISTICS, [column[0] for column in KNOWN.derive([text])], strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Late, because of snow!", (22, 4, 0, 0, 0)),
        ("42 days late", (12, 3, 0, 2 / 12, 2 / 3)),
        ("Schnee in Züri", (14, 3, 1 / 14, 0, 1)),
        ("!!", (2, 0, 0, 0, math.nan)),
        ("", (0, 0, math.nan, math.nan, math.nan)),
        ("遅れました", (5, 1, 1, 0, 1)),
        ("\ud800", (1, 0, 1, 0, math.nan)),
    ],
)
def test_statistics_of_a_text(text, expected):
    """Counted by hand; a share of nothing is missing."""
    assert list(_of(text).values()) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("value", [None, math.nan, np.float32("nan")])
def test_no_text_is_missing(value):
    """In every derived column."""
    assert all(math.isnan(found) for found in _of(value).values())


@pytest.mark.parametrize("value", [7, 1.5, True, b"late", ["late"], {"late": 1}, object()])
def test_what_is_no_text_is_marked(value):
    """So that it is counted as unseen."""
    assert set(_of(value).values()) == {UNREAD}


def test_a_text_of_a_million_characters_is_told_by_its_beginning():
    """Its length in full."""
    found = _of("snow " * 200_000)
    assert (found["length"], found["tokens"]) == (10**6, MAX_CHARACTERS / 5)
    assert found["unseen_tokens"] == 0
    assert _of("x" * 10**6)["tokens"] == 1


@given(st.lists(st.one_of(st.text(), st.none(), st.integers())))
def test_every_row_keeps_its_place_and_shares_are_shares(column):
    """Whatever stands in it."""
    whole = KNOWN.derive(column)
    for row, value in enumerate(column):
        for statistic, values, [alone] in zip(STATISTICS, whole, KNOWN.derive([value]), strict=True):
            found = values[row]
            assert found == alone or (math.isnan(found) and math.isnan(alone))
            if found != UNREAD and not math.isnan(found):
                assert 0 <= found <= (1 if statistic in STATISTICS[2:] else len(value))
