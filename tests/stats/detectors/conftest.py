"""The detectors, and the streams that each is held to river and to its own loop on."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from driftmeter.stats.detectors import ADWIN, CUSUM, DDM, HDDM_A, HDDM_W, KSWIN, PageHinkley

LENGTH = 3_000

DETECTORS = {
    "adwin": partial(ADWIN),
    "adwin_every_value": partial(ADWIN, clock=1, delta=0.1, max_buckets=3),
    "ddm": partial(DDM),
    "hddm_a": partial(HDDM_A),
    "hddm_a_two_sided": partial(HDDM_A, two_sided_test=True),
    "hddm_w": partial(HDDM_W),
    "hddm_w_slow_two_sided": partial(HDDM_W, lambda_val=0.01, two_sided_test=True),
    "page_hinkley": partial(PageHinkley),
    "page_hinkley_up": partial(PageHinkley, threshold=10, alpha=1.0, mode="up"),
    "page_hinkley_down": partial(PageHinkley, threshold=2, alpha=0.9, mode="down"),
    "kswin": partial(KSWIN, seed=3),
    "kswin_small": partial(KSWIN, alpha=0.05, window_size=24, stat_size=8, seed=5),
    "cusum": partial(CUSUM),
    "cusum_known": partial(CUSUM, k=0.25, h=4, mean=0.0, std=1.0),
}


def _streams() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20261123)
    n, half = LENGTH, LENGTH // 2
    late = np.arange(n) >= half
    return {
        "stationary": rng.normal(size=n),
        "sudden": rng.normal(late, 1),
        "gradual": rng.normal(np.linspace(0, 2, n), 1),
        "heavy_tailed": rng.standard_t(1.5, n),
        "far_from_zero": rng.normal(1000 + late, 1),
        "bounded": rng.uniform(size=n) ** np.linspace(1, 2, n),
        "errors": (rng.random(n) < 0.2).astype(float),
        "errors_sudden": (rng.random(n) < np.where(late, 0.4, 0.2)).astype(float),
        "errors_gradual": (rng.random(n) < np.linspace(0.05, 0.5, n)).astype(float),
        "errors_falling": (rng.random(n) < np.linspace(0.9, 0.1, n)).astype(float),
        "constant": np.full(n, 0.1),
        "constant_changed": late.astype(float),
        "constant_fallen": 1.0 - late,
    }


@pytest.fixture(params=_streams().items(), ids=lambda item: item[0])
def stream(request: pytest.FixtureRequest) -> np.ndarray:
    return request.param[1]


@pytest.fixture(params=DETECTORS.items(), ids=lambda item: item[0])
def make(request: pytest.FixtureRequest) -> partial:
    """Makes a detector; `make.func` is its class and `make.keywords` its settings."""
    return request.param[1]


@pytest.fixture(params=[item for item in DETECTORS.items() if item[1].func is not CUSUM], ids=lambda item: item[0])
def make_twin(request: pytest.FixtureRequest) -> partial:
    """As `make`, for the detectors that river has too."""
    return request.param[1]


@pytest.fixture
def squashed():
    """Gives a stream as the detector can take it: into [0, 1], order kept, where it takes error rates only."""

    def into_domain(make: partial, values: np.ndarray) -> np.ndarray:
        low, high = make.func.domain
        if values.min() >= low and values.max() <= high:
            return values
        return 1 / (1 + np.exp(-np.clip(values - np.median(values), -30, 30)))

    return into_domain
