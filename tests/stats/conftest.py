"""The samples and count vectors that every statistic is held to scipy on."""

from __future__ import annotations

import numpy as np
import pytest


def _with_missing(values: np.ndarray) -> np.ndarray:
    holed = values.copy()
    holed[::7] = np.nan
    return holed


def _samples() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(20261123)
    normal, again = rng.normal(size=400), rng.normal(size=250)
    two = np.concatenate([rng.normal(-2, 0.5, 130), rng.normal(2, 0.5, 120)])
    return {
        "normal": (normal, again),
        "shifted": (normal, again + 1),
        "scaled": (normal, again * 3),
        "far_apart": (normal, again + 20),
        "t2": (rng.standard_t(2, 400), rng.standard_t(2, 250)),
        "log_normal": (rng.lognormal(0, 2, 400), rng.lognormal(0.3, 2, 250)),
        "constant": (np.full(400, 3.5), np.full(250, 3.5)),
        "constant_changed": (np.full(400, 3.5), np.full(250, 4.0)),
        "integer": (rng.integers(0, 10, 400).astype(float), rng.integers(1, 11, 250).astype(float)),
        "bimodal": (normal, two),
        "out_of_range": (normal, np.concatenate([again, [-1e6, 1e6]])),
        "with_nan": (_with_missing(normal), _with_missing(again + 0.1)),
        "one_value": (normal, again[:1]),
    }


def _counts() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(4)
    many = rng.dirichlet(np.ones(200))
    return {
        "same": (np.array([50, 30, 20]), np.array([50, 30, 20])),
        "shifted": (np.array([500, 300, 200]), np.array([20, 30, 50])),
        "new": (np.array([500, 300, 0]), np.array([20, 30, 50])),
        "gone": (np.array([500, 300, 200]), np.array([0, 30, 50])),
        "empty_on_both": (np.array([500, 0, 200]), np.array([7, 0, 5])),
        "disjoint": (np.array([500, 0]), np.array([0, 50])),
        "binary": (np.array([900, 100]), np.array([400, 600])),
        "levels_200": (rng.multinomial(50_000, many), rng.multinomial(2_000, rng.permutation(many))),
        "huge": (np.array([10**9, 2 * 10**9]), np.array([10**9, 10**9])),
    }


@pytest.fixture(params=_samples().items(), ids=lambda item: item[0])
def samples(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """A reference sample and a live one."""
    return request.param[1]


@pytest.fixture(params=_counts().items(), ids=lambda item: item[0])
def counts(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Reference counts and live ones over the same bins."""
    return request.param[1]
