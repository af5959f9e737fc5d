from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.stats.detectors.records import running_lows

levels = st.sampled_from([0.0, 1.0, 2.0, 3.0, math.inf])


@pytest.mark.parametrize("ties", [True, False])
@given(values=st.lists(levels, max_size=20), lowest=levels)
def test_a_record_is_the_last_value_below_all_before_it(ties, values, lowest):
    at, low, expected = -1, lowest, []
    for i, value in enumerate(values):
        if value < low or (ties and value == low):
            at, low = i, value
        expected.append(at)
    assert running_lows(np.array(values, float), lowest, ties=ties).tolist() == expected
