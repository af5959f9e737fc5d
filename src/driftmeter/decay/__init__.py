"""When labels arrive: joining them to predictions, however late, and the quality that they reveal."""

from driftmeter.decay.labels import LabelJoin, Labelled, Remembered
from driftmeter.decay.performance import Performance, Score

__all__ = ["LabelJoin", "Labelled", "Performance", "Remembered", "Score"]
