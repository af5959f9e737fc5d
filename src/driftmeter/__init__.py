"""driftmeter makes any model in production observable, over OpenTelemetry."""
