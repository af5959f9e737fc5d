"""A scene for each test, and one nursery for all of them."""

from __future__ import annotations

import pytest
from scene import Nursery, Scene

from driftmeter.testing.faults import FaultyBackend

collect_ignore = ["producers.py", "served.py"]
"""Programs, which do what they do when they are imported."""


@pytest.fixture(scope="session")
def nursery():
    with Nursery() as found:
        yield found


@pytest.fixture
def scene(tmp_path, nursery):
    with FaultyBackend() as backend:
        found = Scene(tmp_path, nursery, backend)
        yield found
    assert "Traceback" not in found.errors(), found.errors()
