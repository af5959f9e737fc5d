"""For every test and doctest: nobody else's settings, no network, and a driftmeter that was never used before."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from driftmeter import runtime
from driftmeter.pipeline import current

# Examples of a law may take as long as a busy machine needs: tests here are not timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

settings.register_profile("fast", settings.default, max_examples=20)
"""For the local loop, with `--hypothesis-profile=fast`; tests that want more or fewer take a share of it."""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    for variable in [name for name in os.environ if name.startswith(("DRIFTMETER_", "OTEL_"))]:
        if not variable.startswith("DRIFTMETER_TOOLS_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    runtime.forget()
    yield
    runtime.forget()
    logging.getLogger("driftmeter").handlers.clear()
    current.install(None)
