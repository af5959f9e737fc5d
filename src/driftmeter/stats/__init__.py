"""Drift statistics as the textbooks define them, on numpy alone."""

from driftmeter.stats.distances import hellinger, js_distance, kl, linf, psi, total_variation
from driftmeter.stats.null import psi_excess, psi_threshold

__all__ = [
    "hellinger",
    "js_distance",
    "kl",
    "linf",
    "psi",
    "psi_excess",
    "psi_threshold",
    "total_variation",
]
