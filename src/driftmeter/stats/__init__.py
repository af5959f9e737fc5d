"""Drift statistics as the textbooks define them, on numpy alone."""

from driftmeter.stats.distances import hellinger, js_distance, kl, linf, psi, total_variation
from driftmeter.stats.hypothesis_tests import chi2, ks, proportion_test
from driftmeter.stats.null import psi_excess, psi_threshold
from driftmeter.stats.transport import wasserstein

__all__ = [
    "chi2",
    "hellinger",
    "js_distance",
    "kl",
    "ks",
    "linf",
    "proportion_test",
    "psi",
    "psi_excess",
    "psi_threshold",
    "total_variation",
    "wasserstein",
]
