"""Where river implements the same rule, both raise the alarm at the same values.

Two differences are ours and stated in the docstrings: error-rate detectors skip values outside [0, 1], so they get
streams squashed into it, and the value that raises an alarm is never a warning as well.
KSWIN draws with `random.Random(seed)` in both. Rounding differs (river updates means one by one, we divide sums), which
could only show where a statistic meets its limit to the last bit.
"""

from __future__ import annotations

import pytest
from river import drift
from river.drift import binary

from driftmeter.stats.detectors import ADWIN, DDM, HDDM_A, HDDM_W, KSWIN, PageHinkley

TWINS = {
    ADWIN: drift.ADWIN,
    DDM: binary.DDM,
    HDDM_A: binary.HDDMA,
    HDDM_W: binary.HDDMW,
    KSWIN: drift.KSWIN,
    PageHinkley: drift.PageHinkley,
}
RIVER_TAKES_LONG = 700  # values for KSWIN, whose twin solves for a p-value at each


def _theirs(twin, values):
    alarms, warnings = [], []
    for i, x in enumerate(values):
        twin.update(x)
        if twin.drift_detected:
            alarms.append(i)
        elif getattr(twin, "warning_detected", False):
            warnings.append(i)
    return alarms, warnings


@pytest.mark.slow
def test_alarms_and_warnings_come_at_the_same_values_as_in_river(make_twin, stream, squashed):
    middle, reach = stream.size // 2, RIVER_TAKES_LONG // 2 if make_twin.func is KSWIN else stream.size
    values = squashed(make_twin, stream)[max(middle - reach, 0) : middle + reach]
    alarms, warnings = _theirs(TWINS[make_twin.func](**make_twin.keywords), values.tolist())
    ours, looped, near = make_twin(), [], []
    for i, x in enumerate(values):
        if ours.update(x):
            looped.append(i)
        if ours.warning:
            near.append(i)
    assert looped == alarms
    assert near == warnings
    assert make_twin().update_many(values).tolist() == alarms


def test_the_streams_raise_alarms_in_river_too(squashed):
    """Agreement on silence alone would prove little: every twin alarms where its stream changes."""
    change = [0.0, 1.0, 0.0, 0.0] * 75 + [1.0] * 200
    for twin in TWINS.values():
        alarms, _ = _theirs(twin(seed=1) if twin is drift.KSWIN else twin(), change)
        assert any(300 <= alarm < 450 for alarm in alarms), twin


@pytest.mark.parametrize(("ours", "twin"), TWINS.items(), ids=lambda kind: kind.__name__)
def test_defaults_are_those_of_river(ours, twin):
    """All but the seed of KSWIN, which river leaves to chance."""
    detector, other = ours(), twin()
    for name, value in vars(detector).items():
        if name not in {"skipped", "warning", "seed"} and not name.startswith("_"):
            assert getattr(other, name) == value, name
