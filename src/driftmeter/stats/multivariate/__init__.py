"""Drift that no column shows by itself: of correlations, of rows as a whole, of what goes with the output."""

from driftmeter.stats.multivariate.association import association_change, correlation_ratio, cramers_v, response_test
from driftmeter.stats.multivariate.auc import auc
from driftmeter.stats.multivariate.classifier import domain_classifier
from driftmeter.stats.multivariate.correlation import correlation_change, natural_variation
from driftmeter.stats.multivariate.design import MixedRows
from driftmeter.stats.multivariate.grades import Grader
from driftmeter.stats.multivariate.logistic import fit_logistic
from driftmeter.stats.multivariate.pair_sums import PairSums
from driftmeter.stats.multivariate.pca import PcaProjection, vector_columns
from driftmeter.stats.multivariate.reconstruction import ReconstructionLaw, reconstruction_drift

__all__ = [
    "Grader",
    "MixedRows",
    "PairSums",
    "PcaProjection",
    "ReconstructionLaw",
    "association_change",
    "auc",
    "correlation_change",
    "correlation_ratio",
    "cramers_v",
    "domain_classifier",
    "fit_logistic",
    "natural_variation",
    "reconstruction_drift",
    "response_test",
    "vector_columns",
]
