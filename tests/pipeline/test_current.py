import threading

import pytest

import driftmeter
from driftmeter import runtime
from driftmeter.pipeline import Pipeline, current


@pytest.fixture
def built(monkeypatch):
    """The pipelines that first use built."""
    made = []
    monkeypatch.setattr(runtime, "first_use", lambda: made.append(Pipeline()) or made[-1])
    return made


def test_pipeline_is_built_at_first_use_and_kept(built):
    """Not before."""
    assert current.installed() is None
    assert current.pipeline() is current.pipeline() is current.installed()
    assert len(built) == 1


def test_many_first_users_get_the_same(built):
    """A server's threads all begin at once."""
    begin, seen = threading.Barrier(8), []

    def use():
        begin.wait()
        seen.append(current.pipeline())

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(built), len(set(map(id, seen)))) == (1, 1)


def test_install_replaces_and_gives_back(built):
    """None builds a new one at the next use."""
    mine = Pipeline()
    assert current.install(mine) is None
    assert current.pipeline() is mine
    assert current.install(None) is mine
    assert current.pipeline() is built[0]


def test_a_pipeline_that_cannot_be_imported_costs_no_prediction(monkeypatch, caplog):
    """An interpreter that is going down imports no SDK, and an SDK may be broken: it is said, once."""
    monkeypatch.setattr(current, "RECIPE", ("driftmeter.no_such_module", "first_use"))
    for _ in range(2):
        with driftmeter.predict("m", inputs={"x": 1.0}) as call:
            call.outputs = 2.0
    driftmeter.feedback(call.id, actual=3.0)
    assert current.installed().guard.faults.counts() == {"configure": 1}
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said == "driftmeter is off: No module named 'driftmeter.no_such_module'"
