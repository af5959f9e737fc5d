"""Where records go: spans on the caller's thread; events, metrics, drift and labels on the worker."""
