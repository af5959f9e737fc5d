"""Columns that cannot be counted as they are, vectors and text, watched through numbers derived from each value."""
