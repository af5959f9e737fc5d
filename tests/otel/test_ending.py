"""The end of providers that were set up here: in time, in forked children too, and of nobody else's."""

import gc
import threading

from driftmeter.otel.ending import OWN, Ending, Endings
from driftmeter.otel.providers import Providers
from driftmeter.pipeline import Tally
from driftmeter.testing import OtlpReceiver


class Provider:
    def __init__(self):
        self.ended, self.go_on = threading.Event(), threading.Event()

    def shutdown(self):
        self.go_on.wait(20)
        self.ended.set()


def test_all_end_at_once():
    """One that hangs keeps no other waiting, and nobody beyond the time limit."""
    endings, providers = Endings(), [Provider() for _ in range(3)]
    for provider in providers:
        endings.add(provider, Provider.shutdown)
    for provider in providers[1:]:
        provider.go_on.set()
    endings.begin(0.0)
    assert all(provider.ended.wait(20) for provider in providers[1:])
    assert not endings.done(0.05)
    providers[0].go_on.set()
    assert endings.done(20)


def test_no_provider_is_kept_alive():
    """What nobody uses any more has nothing to send; its thread goes with it."""
    ending = Ending(Provider(), Provider.shutdown)
    gc.collect()
    assert ending.aside.done(20)


def test_the_users_own_providers_are_the_users(sdk):
    """They end when their program says so."""
    before = list(OWN._each)
    Providers(lost=Tally(), environ={}, **sdk().providers)
    assert OWN._each == before


def test_provider_that_the_program_has_shut_down_is_not_warned_of(python):
    """Once is enough for each."""
    code = """
import driftmeter
from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider
driftmeter.configure(resources="off")
for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), get_logger_provider()):
    provider.shutdown()
"""
    with OtlpReceiver() as receiver:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert done.err == ""


def test_forked_child_that_ends_sends_its_spans_and_metrics(python):
    """As its parent does, though no thread came with it."""
    code = """
import os, sys, driftmeter

def predict(count):
    for _ in range(count):
        with driftmeter.predict("m", inputs={"a": 1.0}) as call:
            call.outputs = [1.0]

driftmeter.configure(resources="off")
predict(3)
driftmeter.flush(10)
if pid := os.fork():
    assert os.waitpid(pid, 0)[1] == 0
else:
    predict(2)
"""
    with OtlpReceiver() as receiver:
        python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
        assert len(receiver.spans) == 5
        assert sorted(point.value for point in receiver.latest("ml.prediction.rows")) == [2, 3]
