from __future__ import annotations

import math

import numpy as np
import pytest

from driftmeter.columns import Columns
from driftmeter.drift import DriftMonitor, Reference, WindowByRows
from driftmeter.drift.binning import Binning
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.natural import NaturalLaw
from driftmeter.stats.null import psi_threshold

ROWS = 16_000
DAY = 250
COLUMNS = 8
NAMES = [f"c{number}" for number in range(COLUMNS)]
ALPHAS = np.log([0.05, 0.01])


def _days(rng, rows, share):
    """Rows of a day share a part of their variance; independent rows where that part is 0."""
    weather = rng.normal(size=(rows // DAY + 1, COLUMNS)).repeat(DAY, axis=0)[:rows]
    return math.sqrt(share) * weather + math.sqrt(1 - share) * rng.normal(size=(rows, COLUMNS))


def _reference(rows, *, time="t"):
    data = {**dict(zip(NAMES, rows.T, strict=True)), "t": np.arange(len(rows))}
    return Reference.from_data(data, model="m", columns=NAMES, time=time)


def _exceeding(share, rows, windows=100):
    """Mean limits, and how often undrifted windows exceed them, at each of `ALPHAS`."""
    rng = np.random.default_rng(4)
    beyond, limits = np.zeros(2), np.zeros(2)
    for _ in range(4):
        reference = _reference(_days(rng, ROWS, share))
        binning = Binning(reference)
        law, evaluator = NaturalLaw(binning, reference.variation), Evaluator(binning)
        limit = law.limits(ALPHAS, law.length_of_rows(rows), np.full(COLUMNS, 1 / ROWS + 1 / rows))
        limits += limit.mean(axis=1) / 4
        live = _days(rng, rows * windows, share)
        for part in np.split(live, windows):
            counts = binning.count(binning.read(Columns(NAMES, rows, matrix=part), None, rows), slice(None))
            beyond += (evaluator.glance(counts).psi > limit).mean(axis=1) / (4 * windows)
    return limits, beyond


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_undrifted_windows_exceed_the_limit_about_as_often_as_stated(share):
    """Also where half of the variance is that of the day; no more than twice too often, and no more than once in 1."""
    _, beyond = _exceeding(share, rows=1000)
    assert (beyond <= 2 * np.exp(ALPHAS)).all()


def test_independent_rows_are_given_little_more_than_chance():
    """The price of not knowing that they are independent."""
    limits, _ = _exceeding(0.0, rows=1000, windows=1)
    chance = np.array([psi_threshold(ROWS, 1000, 10, alpha) for alpha in np.exp(ALPHAS)])
    assert (limits < 1.35 * chance).all()


def test_dependent_rows_are_given_what_they_need():
    """Several times what chance would give."""
    limits, _ = _exceeding(0.1, rows=1000, windows=1)
    assert (limits > 5 * psi_threshold(ROWS, 1000, 10, 0.01)).all()


def test_shorter_and_longer_windows_than_can_be_measured_are_given_no_less():
    """The excess of a pane in inverse proportion, and that of a quarter of the reference."""
    reference = _reference(_days(np.random.default_rng(1), ROWS, 0.2))
    law = NaturalLaw(Binning(reference), reference.variation)
    spread = np.full(COLUMNS, 1e-4)

    def limit(length):
        return law.limits(ALPHAS[:1], length, spread)[0]

    assert (limit(0.25) > limit(1.0)).all()
    assert limit(64.0) == pytest.approx(limit(16.0))
    assert (limit(1.0) > limit(16.0)).all()


def test_a_constant_and_an_empty_column_have_limits_too():
    """Nothing to learn is no reason to warn."""
    data = {"t": list(range(400)), "one": [1.0] * 400, "none": [None] * 400, "x": list(range(400))}
    reference = Reference.from_data(data, model="m", time="t")
    law = NaturalLaw(Binning(reference), reference.variation)
    limits = law.limits(ALPHAS, law.length_of_rows(100), np.full(3, 0.01))
    assert np.isfinite(limits).all()
    assert (limits > 0).all()


@pytest.mark.parametrize(("share", "timed"), [(0.0, False), (0.0, True), (0.3, True)])
def test_false_pages_stay_within_their_budget(share, timed):
    """1,600 windows at one page per 100 looks: 16 granted, and no more than Poisson's 99.9 % above it come."""
    rng, pages = np.random.default_rng(9), 0
    for _ in range(2):
        reference = _reference(_days(rng, ROWS, share), time="t" if timed else None)
        now_s = [0.0]
        monitor = DriftMonitor(
            reference,
            windows=[WindowByRows(200, 4)],
            false_page_interval_s=100 * 50.0,
            clock=lambda now_s=now_s: now_s[0],
        )
        for _ in range(10):
            now_s[0] += 4000
            changes = monitor.observe(Columns(NAMES, 4000, matrix=_days(rng, 4000, share)), None, 0)
            pages += len({change.row for change in changes if change.raised})
    assert pages <= 16 + 3.3 * 4


def test_drift_is_still_found_in_what_varies_by_itself():
    """A shift of the mean by two standard deviations, where a tenth of the variance is that of the day."""
    rng = np.random.default_rng(2)
    monitor = DriftMonitor(_reference(_days(rng, ROWS, 0.1)), windows=[WindowByRows(1000)])
    calm = monitor.observe(Columns(NAMES, 5000, matrix=_days(rng, 5000, 0.1)), None, 0)
    assert calm == []
    shifted = _days(rng, 1000, 0.1) + 2 * (np.arange(COLUMNS) == 3)
    changes = monitor.observe(Columns(NAMES, 1000, matrix=shifted), None, 0)
    assert {change.name for change in changes} == {"c3"}
    assert changes[0].value > changes[0].threshold
