"""Importing driftmeter costs a program no more than it uses."""

import pytest

HEAVY = ("opentelemetry.sdk", "opentelemetry.exporter", "pandas", "polars", "pyarrow", "sklearn", "psutil", "numpy")


def test_import_is_light(python):
    """Nothing heavy is loaded, no thread is started, no file or socket is left open, no warning is given."""
    code = f"""
import os, sys, threading
before = set(os.listdir("/proc/self/fd"))
import driftmeter
print([name for name in sys.modules if name.startswith({HEAVY!r})], threading.active_count())
print(set(os.listdir("/proc/self/fd")) - before)
"""
    assert python(code, "-W", "error").out == "[] 1\nset()"


@pytest.mark.parametrize("name", ["predict", "feedback", "instrument"])
def test_what_is_not_used_is_not_loaded(python, name):
    """Neither the SDK, nor any data or model library."""
    code = f"""
import sys, threading
from driftmeter import {name}
heavy = {HEAVY!r}[:-1]
print([module for module in sys.modules if module.startswith(heavy)], threading.active_count())
"""
    assert python(code, "-W", "error").out == "[] 1"


def test_configuring_loads_no_data_or_model_library(python):
    """They come with the user's own code, or not at all."""
    code = """
import sys, driftmeter
driftmeter.configure(resources="off")
with driftmeter.predict("m", inputs={"a": 1}) as call:
    call.outputs = 1.0
assert driftmeter.flush(10)
print([name for name in ("pandas", "polars", "pyarrow", "sklearn", "scipy") if name in sys.modules])
"""
    assert python(code, "-W", "error", OTEL_SDK_DISABLED="true").out == "[]"


@pytest.mark.slow
def test_every_public_name_can_be_imported(python):
    """With all warnings as errors."""
    code = "import driftmeter; print(all(hasattr(driftmeter, name) for name in driftmeter.__all__))"
    assert python(code, "-W", "error").out == "True"
