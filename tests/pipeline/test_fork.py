"""A server forks while its threads predict: the children start clean, and none of them hangs."""

import pytest

from driftmeter.testing import OtlpReceiver

PREDICTING = """
import os, threading, time, driftmeter
from driftmeter.testing.forking import fork
driftmeter.configure(reference=driftmeter.Reference.from_data({"a": list(range(1000))}, model="m"), windows="100rows")

def predict(who, n):
    for i in range(n):
        with driftmeter.predict("m", inputs={"a": float(i)}, id=f"{who}-{i}") as call:
            call.outputs = [1.0]
"""


@pytest.fixture
def receiver():
    with OtlpReceiver() as found:
        yield found


def ids(receiver):
    return sorted(event.attributes["ml.prediction.id"] for event in receiver.events("ml.prediction"))


def test_child_sends_its_own_and_nothing_of_its_parent(python, receiver):
    """What waits at the fork is sent once, by the parent; the child's counts begin at zero."""
    code = (
        PREDICTING
        + """
predict("parent", 5)

def child():
    predict("child", 3)
    from driftmeter.pipeline import current
    pipeline = current.installed()
    assert pipeline.dropped.total() == pipeline.guard.faults.total() == 0
    assert driftmeter.flush(10)

from driftmeter.pipeline import current
current.installed().dropped.add("buffer_full", 7)
assert os.waitpid(fork(child), 0)[1] == 0
assert driftmeter.flush(10)
"""
    )
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert ids(receiver) == [f"child-{i}" for i in range(3)] + [f"parent-{i}" for i in range(5)]


def test_child_counts_from_zero(python, receiver):
    """What the parent counted, the parent sends: else sums over processes would count it twice."""
    code = (
        PREDICTING
        + """
predict("parent", 5)
assert driftmeter.flush(10)

def child():
    predict("child", 3)
    assert driftmeter.flush(10)

assert os.waitpid(fork(child), 0)[1] == 0
predict("parent again", 1)
assert driftmeter.flush(10)
"""
    )
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert sorted(point.value for point in receiver.latest("ml.prediction.rows")) == [3, 6]
    assert sorted(point.value.count for point in receiver.latest("ml.prediction.duration")) == [3, 6]
    seen = [point.value for point in receiver.latest("ml.feature.observations")]
    assert sum(seen) == 9


UNTOLD = """
import ctypes, sys
from driftmeter.sources.ids import random_bits
predict("parent", 5)
children = []
for k in range(3):
    time.sleep(0.2)  # the journal stays open; but a thread at work would leave the child an interpreter that is locked
    pid = ctypes.PyDLL(None).fork()
    if not pid:
        predict(f"child{k}", 50)
        os.write(1, f"{random_bits(76)}\\n".encode())
        sys.exit()
    children.append(pid)
predict("parent again", 5)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 3
assert driftmeter.flush(10)
"""


@pytest.mark.slow
def test_children_that_were_forked_without_pythons_hooks_lose_nothing(python, receiver):
    """As servers written in C do: such a child finds out at its first prediction, and sends all signals at its end."""
    found = python(PREDICTING + UNTOLD, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, timeout_s=60)
    assert len(set(found.out.split())) == 3
    expected = [f"child{k}-{i}" for k in range(3) for i in range(50)]
    assert ids(receiver) == sorted([*expected, *(f"parent{again}-{i}" for again in ("", " again") for i in range(5))])
    assert len(receiver.spans) == 160
    assert sorted(point.value for point in receiver.latest("ml.prediction.rows")) == [10, 50, 50, 50]
    assert "hooks" not in found.err


def test_child_that_was_forked_without_pythons_hooks_tells_which_metrics_it_loses(python):
    """Those of a provider that somebody else has set up."""
    code = """
import ctypes, os, driftmeter
from opentelemetry.sdk.metrics import MeterProvider
driftmeter.configure(meter_provider=MeterProvider(shutdown_on_exit=False), events="off", spans=False)
if not (pid := ctypes.PyDLL(None).fork()):
    with driftmeter.predict("m") as call:
        call.outputs = 1.0
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""
    found = python(code, OTEL_TRACES_EXPORTER="none", OTEL_LOGS_EXPORTER="none", DRIFTMETER_RESOURCES="off")
    assert found.err.count("with uWSGI set lazy-apps or py-call-uwsgi-fork-hooks") == 1


UWSGI = """
import ctypes, os, sys, threading, types
server = sys.modules["uwsgi"] = types.SimpleNamespace(worker_id=lambda: 0, mule_id=lambda: 0, opt={})
import driftmeter

def predict(who):
    with driftmeter.predict("m", inputs={"a": 1.0}, id=who) as call:
        call.outputs = 1.0

"""
"""What the server's own module says in its master."""

NO_MASTER = ["server.worker_id = lambda: 1", "server.mule_id = lambda: 1", "server.i_am_the_spooler = lambda: True"]
HOOKED = "server.opt['py-call-uwsgi-fork-hooks'] = True"


@pytest.mark.parametrize(
    ("said", "threads"),
    [("", False), ("server.i_am_the_spooler = lambda: None", False), *((said, True) for said in (*NO_MASTER, HOOKED))],
    ids=["master", "with spooler", "worker", "mule", "spooler", "hooks"],
)
def test_uwsgi_forks_no_thread_of_ours(python, said, threads):
    """One that held Python's lock just then would lock the worker for ever; who is forked no more may have them."""
    code = f"{UWSGI}{said}\ndriftmeter.configure()\npredict('warm up')\nprint(threading.active_count() > 1)"
    found = python(code, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", DRIFTMETER_RESOURCES="off")
    assert found.out == str(threads)
    assert ("predictions in uWSGI's master are served, but not recorded" in found.err) is not threads


def test_uwsgis_workers_have_what_its_master_was_told(python, receiver):
    """What is wrong is loud there; a worker builds at its first prediction, and sends all signals at its end."""
    code = (
        UWSGI
        + """
driftmeter.configure(capture="none")
try:
    driftmeter.configure(windows="soon")
except ValueError as fault:
    print(fault)
children = []
for k in (1, 2):
    if not (pid := ctypes.PyDLL(None).fork()):
        server.worker_id = lambda: k
        predict(str(k))
        sys.exit()
    children.append(pid)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
"""
    )
    found = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert "windows are soon" in found.out
    assert found.err == ""
    assert ids(receiver) == ["1", "2"]
    assert not any("ml.prediction.inputs" in event.attributes for event in receiver.events("ml.prediction"))
    assert len(receiver.spans) == 2
    assert [point.value for point in receiver.latest("ml.prediction.rows")] == [1, 1]


def test_a_call_to_warm_up_leaves_uwsgis_workers_as_they_would_be(python, receiver):
    """It is served; what workers predict is recorded."""
    code = (
        UWSGI
        + """
predict("warm up")
if not (pid := ctypes.PyDLL(None).fork()):
    server.worker_id = lambda: 1
    predict("1")
    sys.exit()
assert os.waitpid(pid, 0)[1] == 0
"""
    )
    found = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert found.err.count("uWSGI") == 1
    assert ids(receiver) == ["1"]
    assert [point.value for point in receiver.latest("driftmeter.dropped")] == []


@pytest.mark.slow
def test_no_child_hangs_however_busy_its_parent_was(python, receiver):
    """Twenty forks while four threads predict and metrics are read all the time: locks are held at any moment."""
    code = (
        PREDICTING
        + """
busy = True

def work(who):
    n = 0
    while busy:
        predict(f"{who}-{n}", 5)
        n += 1
        time.sleep(0.005)

threads = [threading.Thread(target=work, args=(who,), daemon=True) for who in range(4)]
for thread in threads:
    thread.start()

def child():
    predict(f"child-{os.getpid()}", 2)
    assert driftmeter.flush(20)

children = []
for _ in range(20):
    children.append(fork(child))
    time.sleep(0.01)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 20
busy = False
for thread in threads:
    thread.join()
print(len(children))
"""
    )
    often = {"OTEL_METRIC_EXPORT_INTERVAL": "50", "OTEL_METRIC_EXPORT_TIMEOUT": "30000"}
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, timeout_s=60, **often)
    children = [found for found in ids(receiver) if found.startswith("child")]
    assert len(children) == len(set(children)) == 40


@pytest.mark.slow
def test_multiprocessing_spawns_and_forks(python, receiver, tmp_path):
    """Both ways in which Python starts workers."""
    script = tmp_path / "workers.py"
    script.write_text("""
import multiprocessing, sys, driftmeter

def work(who):
    with driftmeter.predict("m", id=who) as call:
        call.outputs = [1.0]
    sys.exit(0 if driftmeter.flush(10) else 1)

if __name__ == "__main__":
    for how in ("spawn", "fork"):
        process = multiprocessing.get_context(how).Process(target=work, args=(how,))
        process.start()
        process.join(30)
        assert process.exitcode == 0, (how, process.exitcode)
""")
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, DRIFTMETER_RESOURCES="off")
    assert ids(receiver) == ["fork", "spawn"]
