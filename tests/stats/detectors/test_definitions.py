"""Each detector beside its published rule, written as it stands in the paper: every statistic anew from all values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftmeter.stats.detectors import ADWIN, CUSUM, DDM, HDDM_A, HDDM_W, PageHinkley


def _first_alarm(detector, values) -> int:
    return int(detector.update_many(values)[0])


@pytest.fixture
def errors() -> np.ndarray:
    rng = np.random.default_rng(12)
    return (rng.random(600) < np.where(np.arange(600) < 300, 0.2, 0.6)).astype(float)


def _adwin_cuts(values: np.ndarray, delta: float, least: int) -> bool:
    n = values.size
    d = math.log(2 * math.log(n) / delta)
    for n0 in range(least, n - least + 1):
        m = 1 / (n0 - least + 1) + 1 / (n - n0 - least + 1)
        limit = math.sqrt(2 * m * values.var() * d) + 2 / 3 * d * m
        if abs(values[:n0].mean() - values[n0:].mean()) > limit:
            return True
    return False


@pytest.mark.slow
def test_adwin_with_buckets_to_spare_looks_at_every_cut():
    values = np.random.default_rng(2).normal(np.arange(400) >= 200, 1)
    expected = next(n for n in range(2, 400) if _adwin_cuts(values[:n], 0.01, 5)) - 1
    assert expected > 200
    assert _first_alarm(ADWIN(delta=0.01, clock=1, max_buckets=400, grace_period=0), values) == expected


def test_ddm_compares_the_error_rate_with_its_best(errors):
    n = np.arange(1, 601)
    p = np.cumsum(errors) / n
    s = np.sqrt(p * (1 - p) / n)
    best = [30 + int(np.argmin((p + s)[30 : i + 1])) for i in range(30, 600)]
    high = (p + s)[30:] > p[best] + 3 * s[best]
    assert _first_alarm(DDM(), errors) == 30 + int(np.argmax(high))


def test_hddm_a_compares_all_values_with_the_best_beginning(errors):
    n = np.arange(1, 601)
    mean = np.cumsum(errors) / n
    bound = mean + np.sqrt(math.log(1000) / (2 * n))
    cut = [int(np.argmin(bound[: i + 1])) for i in range(600)]
    c = n[cut]
    high = (c < n) & (mean - mean[cut] >= np.sqrt((n - c) / (2 * c * n) * math.log(2000)))
    assert _first_alarm(HDDM_A(), errors) == int(np.argmax(high))


def _average(values: np.ndarray, newest: float) -> float:
    weights = newest * (1 - newest) ** np.arange(values.size)[::-1]
    weights[0] /= newest  # the first value is the average to begin with
    return float(weights @ values)


def _squared_weights(count: int, newest: float) -> float:
    """What w = newest^2 + (1 - newest)^2 w comes to after `count` steps from 1."""
    kept = (1 - newest) ** 2
    return newest**2 * (1 - kept**count) / (1 - kept) + kept**count


def test_hddm_w_compares_the_average_since_the_cut_with_the_one_before(errors):
    limit = math.log(1000) / 2
    lows = [_average(errors[:c], 0.05) + math.sqrt(_squared_weights(c, 0.05) * limit) for c in range(1, 601)]
    for n in range(2, 601):
        c = 1 + int(np.argmin(lows[:n]))
        weights = _squared_weights(c, 0.05) + _squared_weights(n - c, 0.05)
        if c < n and _average(errors[c:n], 0.05) - _average(errors[:c], 0.05) > math.sqrt(weights * limit):
            break
    assert _first_alarm(HDDM_W(), errors) == n - 1 > 300


@pytest.mark.parametrize(("mode", "shift"), [("up", 2), ("down", -2)])
def test_page_hinkley_sums_deviations_from_the_running_mean(mode, shift):
    values = np.random.default_rng(4).normal(shift * (np.arange(600) >= 300), 1)
    deviations = values - np.cumsum(values) / np.arange(1, 601)
    sums = np.cumsum((deviations if mode == "up" else -deviations) - 0.1)
    high = sums - np.minimum.accumulate(sums) > 20
    detector = PageHinkley(delta=0.1, threshold=20, alpha=1.0, mode=mode)
    assert _first_alarm(detector, values) == int(np.argmax(high)) > 300


def test_page_hinkley_fades_the_sum():
    values = np.random.default_rng(4).normal(2 * (np.arange(600) >= 300), 1)
    deviations = values - np.cumsum(values) / np.arange(1, 601)
    s, sums = 0.0, []
    for deviation in deviations:
        s = 0.97 * s + deviation - 0.1
        sums.append(s)
    high = np.array(sums) - np.minimum.accumulate(sums) > 20
    assert _first_alarm(PageHinkley(delta=0.1, threshold=20, alpha=0.97), values) == int(np.argmax(high)) > 300


def test_cusum_is_pages_recurrence():
    values = np.random.default_rng(4).normal(10 - 2 * (np.arange(600) >= 300), 2)
    mean, std = values[:100].mean(), values[:100].std(ddof=1)
    up = down = 0.0
    for i in range(100, 600):
        z = (values[i] - mean) / std
        up, down = max(0.0, up + z - 0.5), max(0.0, down - z - 0.5)
        if max(up, down) > 7:
            break
    assert _first_alarm(CUSUM(h=7), values) == i > 300
