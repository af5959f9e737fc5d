"""Where things are drawn."""

from __future__ import annotations

from rich.console import Console

MAX_WIDTH = 120


def on_stdout() -> Console:
    """Results: standard output, plain where nobody watches."""
    return _sized(Console(highlight=False))


def on_stderr() -> Console:
    """What people watch while a result is made."""
    return _sized(Console(stderr=True, highlight=False))


def _sized(console: Console) -> Console:
    if not console.is_terminal:
        console.width = MAX_WIDTH  # a file or a pipe has no width of its own, and 80 breaks every table
    elif console.width > MAX_WIDTH:
        console.width = MAX_WIDTH
    return console
