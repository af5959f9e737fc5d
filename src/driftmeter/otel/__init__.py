"""Everything that imports the OpenTelemetry SDK: providers, span processor, observables, zero-code entry point."""
