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


@pytest.fixture(autouse=True)
def _sdk_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the SDK sends for real; elsewhere in the tests it is switched off."""
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
