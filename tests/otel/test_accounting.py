import threading

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from driftmeter.otel.accounting import CountedLogs, CountedSpans, Queue, accounted
from driftmeter.pipeline import Tally


class Answer:
    """What exporters answer: an enumeration of which only the name counts."""

    def __init__(self, name):
        self.name = name


class Exporter:
    def __init__(self, answer="SUCCESS"):
        self.answer, self.delivered = answer, 0
        self.go_on, self.busy = threading.Event(), threading.Event()
        self.go_on.set()

    def export(self, batch):
        self.busy.set()
        self.go_on.wait(20)
        if self.answer == "raise":
            raise OSError
        self.delivered += len(batch)
        return Answer(self.answer)

    def shutdown(self):
        self.go_on.set()


@pytest.fixture
def lost():
    return Tally()


@pytest.mark.parametrize(("answer", "counts"), [("SUCCESS", {}), ("FAILURE", {"export_logs": 3})])
def test_failed_exports_are_counted(lost, answer, counts):
    """By record; the answer is handed on."""
    exporter = accounted(Exporter(answer), Queue(10, lost, "logs"))
    assert exporter.export([1, 2, 3]).name == answer
    assert lost.counts() == counts


def test_exports_that_raise_are_counted(lost):
    """And raise, as the processor expects."""
    exporter = accounted(Exporter("raise"), Queue(10, lost, "traces"))
    with pytest.raises(OSError):
        exporter.export([1])
    assert lost.counts() == {"export_traces": 1}


def spans(exporter, queue, sampler=None):
    provider = TracerProvider(sampler=sampler)
    provider.add_span_processor(CountedSpans(exporter, queue))
    tracer = provider.get_tracer("test")
    return provider, lambda: tracer.start_span("x").end()


def logs(exporter, queue):
    provider = LoggerProvider()
    provider.add_log_record_processor(CountedLogs(exporter, queue))
    logger = provider.get_logger("test")
    return provider, lambda: logger.emit(body="x")


@pytest.fixture
def small(monkeypatch):
    """Queues of eight, exports of four."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
    monkeypatch.setenv("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "4")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("signal", "provide"), [("traces", spans), ("logs", logs)])
def test_what_a_full_queue_pushes_out_is_counted(lost, signal, provide):
    """Delivered and counted make the whole."""
    exporter = Exporter()
    exporter.go_on.clear()
    provider, end = provide(exporter, Queue(8, lost, signal))
    for _ in range(4):
        end()
    assert exporter.busy.wait(20)
    for _ in range(20):
        end()
    exporter.go_on.set()
    provider.force_flush()
    assert lost.counts() == {f"queue_{signal}": 12}
    assert exporter.delivered == 12
    provider.shutdown()


@pytest.mark.usefixtures("small")
def test_unsampled_spans_are_no_loss(lost):
    """Nobody wanted them."""
    provider, end = spans(Exporter(), Queue(8, lost, "traces"), ALWAYS_OFF)
    for _ in range(100):
        end()
    provider.shutdown()
    assert lost.counts() == {}


def test_a_child_that_nobody_told_of_a_fork_waits_for_no_lock_of_its_parents(python):
    """Its first prediction would wait for ever: it ends a span, and who holds the queue's lock is not there."""
    code = """
import ctypes, os, signal
from driftmeter.otel.accounting import Queue
from driftmeter.pipeline import Tally, current
queue = Queue(10, Tally(), "traces")
queue.joined()
queue._lock.acquire()
pid = ctypes.PyDLL(None).fork()
if not pid:
    signal.alarm(10)
    current.installed()
    queue.joined()
    os._exit(0 if queue._waiting == 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert python(code).out == "0"
