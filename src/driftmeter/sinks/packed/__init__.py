"""Calls as rows: packed on the caller's thread by a layout that is settled once, read many at a time by the worker."""
