"""Detectors of change in a stream of numbers, one value or one array at a time."""

from driftmeter.stats.detectors.adwin import ADWIN
from driftmeter.stats.detectors.base import Detector
from driftmeter.stats.detectors.cusum import CUSUM
from driftmeter.stats.detectors.ddm import DDM
from driftmeter.stats.detectors.hddm_a import HDDM_A
from driftmeter.stats.detectors.hddm_w import HDDM_W
from driftmeter.stats.detectors.kswin import KSWIN
from driftmeter.stats.detectors.page_hinkley import PageHinkley

__all__ = [
    "ADWIN",
    "CUSUM",
    "DDM",
    "HDDM_A",
    "HDDM_W",
    "KSWIN",
    "Detector",
    "PageHinkley",
]
