"""Everything that needs the OpenTelemetry SDK or registers with OpenTelemetry."""
