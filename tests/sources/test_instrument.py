"""Import hooks: nothing before a library is imported, everything after, and no import that fails."""

import importlib
import logging
import subprocess
import sys
import textwrap

import pytest

from driftmeter.sources import instrument as module
from driftmeter.sources.instrument import LIBRARIES, Library, instrument, instrument_after, uninstrument

CAPTURED = """
    import sys, threading
    import driftmeter
    from driftmeter.pipeline import Guard, Pipeline, current
    from driftmeter.testing import CapturingSink

    def recorded():
        from sklearn.dummy import DummyRegressor
        sink = CapturingSink()
        current.install(Pipeline([sink], guard=Guard(strict=True)))
        DummyRegressor().fit([[1]], [2]).predict([[1]])
        assert current.pipeline().flush(10)
        return [prediction.model for prediction in sink.predictions]
"""


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CAPTURED) + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_before_the_import_there_is_nothing_and_after_it_everything():
    run("""
        before = set(sys.modules)
        driftmeter.instrument()
        assert "sklearn" not in sys.modules
        assert not any(name.startswith("driftmeter.sources.sklearn") for name in sys.modules)
        assert threading.active_count() == 1
        assert recorded() == ["DummyRegressor"]
    """)


@pytest.mark.slow
def test_a_library_that_was_imported_first_is_watched_all_the_same():
    run("""
        import sklearn.dummy, sklearn.model_selection
        driftmeter.instrument("sklearn")
        assert recorded() == ["DummyRegressor"]
    """)


@pytest.mark.slow
def test_what_is_taken_back_before_the_import_never_happens():
    run("""
        driftmeter.instrument()
        driftmeter.uninstrument()
        assert recorded() == []
        driftmeter.instrument()
        assert recorded() == ["DummyRegressor"]
    """)


def test_an_unknown_library_is_named_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"'cobol' is no library .* known: sklearn"):
        instrument("sklearn", "cobol")
    assert module._wanted == {}


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library, and a source for it that writes down what it is asked to do."""
    (tmp_path / "model_library.py").write_text("")
    (tmp_path / "model_source.py").write_text(
        "calls = []\ndef install(module): calls.append(module.__name__)\ndef uninstall(): calls.append('undone')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "LIBRARIES", {"mine": Library("model_source", ("model_library",))})
    monkeypatch.setattr(module, "_hooked", set())
    yield "model_library"
    uninstrument()
    for name in ("model_library", "model_source"):
        sys.modules.pop(name, None)


def calls():
    return importlib.import_module("model_source").calls


def test_every_library_is_meant_when_none_is_named(library):
    instrument()
    importlib.import_module(library)
    assert calls() == ["model_library"]
    uninstrument()
    assert calls() == ["model_library", "undone"]


def test_a_library_is_left_alone_where_the_answer_is_no(library):
    """As when a reference cannot be read."""
    instrument_after(lambda: False)
    importlib.import_module(library)
    assert "model_source" not in sys.modules


def test_an_import_never_fails_for_telemetry(library, caplog):
    def broken():
        raise RuntimeError("its text may quote anything")

    instrument_after(broken)
    with caplog.at_level(logging.ERROR, "driftmeter"):
        importlib.import_module(library)
    assert [record.getMessage() for record in caplog.records] == ["driftmeter cannot watch mine: RuntimeError"]


def test_every_library_has_its_source():
    """Sources stand in the table by name, so that nothing is imported for it."""
    for library in LIBRARIES.values():
        source = importlib.import_module(library.source)
        assert callable(source.install)
        assert callable(source.uninstall)
