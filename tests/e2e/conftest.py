"""A stack of real backends for the end-to-end tests, started once a session on free ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The Collector and its backends, up; an error that says `make tools` where they are not built."""
    with Stack() as running:
        yield running
