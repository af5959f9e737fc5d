"""What our own tests use, for yours: a receiver of telemetry, a clock that you move, a sink that remembers."""

from driftmeter.testing.clock import FakeClock
from driftmeter.testing.facts import Distribution, LogEvent, Point, Span
from driftmeter.testing.receiver import OtlpReceiver, Signal
from driftmeter.testing.sink import CapturingSink

__all__ = ["CapturingSink", "Distribution", "FakeClock", "LogEvent", "OtlpReceiver", "Point", "Signal", "Span"]
