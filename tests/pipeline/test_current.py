import threading

import pytest

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
