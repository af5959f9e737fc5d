"""The version, which packaging reads from here and telemetry carries as that of its instrumentation scope."""

__version__ = "0.1.0"
