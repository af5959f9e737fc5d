"""Drift statistics as the textbooks define them, on numpy alone."""
