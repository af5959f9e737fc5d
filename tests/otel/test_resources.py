import sys
from types import ModuleType, SimpleNamespace

import psutil
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Gauge, InMemoryMetricReader, Sum

from driftmeter.otel.resources import (
    observe_resources,
    resource_faults,
    should_observe,
    stop_observing_resources,
)
from driftmeter.resources import CATALOGUE

ATTRIBUTES = {
    "process.cpu.time": {"cpu.mode": {"user", "system"}},
    "process.cpu.utilization": {"cpu.mode": {"user", "system"}},
    "process.context_switches": {"process.context_switch.type": {"voluntary", "involuntary"}},
    "process.disk.io": {"disk.io.direction": {"read", "write"}},
    "system.cpu.time": {"cpu.mode": {"user", "nice", "system", "idle", "iowait", "interrupt", "steal"}},
    "system.memory.usage": {"system.memory.state": {"used", "free", "buffers", "cached"}},
    "system.memory.utilization": {"system.memory.state": {"used", "free", "buffers", "cached"}},
    "system.disk.io": {"system.device": None, "disk.io.direction": {"read", "write"}},
    "system.network.io": {"network.interface.name": None, "network.io.direction": {"receive", "transmit"}},
    "system.filesystem.usage": {
        "system.filesystem.mountpoint": {"/"},
        "system.filesystem.state": {"used", "free", "reserved"},
    },
    "system.filesystem.utilization": {"system.filesystem.mountpoint": {"/"}},
}
"""Attributes and, where they are a closed list, their values; every other metric has none."""


@pytest.fixture
def readers():
    return [InMemoryMetricReader(), InMemoryMetricReader()]


@pytest.fixture
def meter(readers, monkeypatch):
    monkeypatch.delenv("OTEL_SDK_DISABLED", raising=False)
    provider = MeterProvider(readers, shutdown_on_exit=False)
    yield provider.get_meter("driftmeter")
    provider.shutdown()


def collected(reader):
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_every_metric_arrives_as_the_table_says(meter, readers):
    """Name, unit, description, kind, monotony, attribute names, values and types, through the SDK and its encoder."""
    observe_resources(meter)
    metrics = collected(readers[0])
    rows = {metric.name: metric for group in CATALOGUE.values() for metric in group}
    # The first cycle has no utilization of the machine; a machine may have no disk or traffic of its own.
    assert rows.keys() - metrics.keys() <= {"system.cpu.utilization", "system.disk.io", "system.network.io"}
    for name, metric in metrics.items():
        row = rows[name]
        assert (metric.unit, metric.description) == (row.unit, row.description)
        assert isinstance(metric.data, Gauge if row.kind == "observable_gauge" else Sum)
        assert getattr(metric.data, "is_monotonic", None) in {None, row.kind == "observable_counter"}
        for point in metric.data.data_points:
            assert type(point.value) in {int, float}
            assert point.attributes.keys() == ATTRIBUTES.get(name, {}).keys()
            for key, value in point.attributes.items():
                assert type(value) is str
                assert ATTRIBUTES[name][key] is None or value in ATTRIBUTES[name][key]
    assert encode_metrics(readers[0].get_metrics_data()).ByteSize() > 0


def test_readings_are_of_this_process(meter, readers):
    """The exported memory is what psutil says."""
    observe_resources(meter, {"process"})
    (point,) = collected(readers[0])["process.memory.usage"].data.data_points
    assert point.value == pytest.approx(psutil.Process().memory_info().rss, rel=0.1)


def test_two_readers_see_the_same_cycle(meter, readers):
    """The second one does not get the difference to the first one's, a moment ago."""
    observe_resources(meter, {"process"}, min_interval_s=3600)
    first, second = (collected(reader)["process.cpu.utilization"].data.data_points for reader in readers)
    values = [[(point.attributes["cpu.mode"], point.value) for point in points] for points in (first, second)]
    assert values[0] == values[1]
    assert sum(value for _, value in values[0]) > 0


def test_groups_are_switched_apart(meter, readers):
    """Only what is asked for is emitted, and a later call changes that."""
    observe_resources(meter, {"process"})
    assert {name.split(".")[0] for name in collected(readers[0])} == {"process"}
    observe_resources(meter, {"system"})
    assert {name.split(".")[0] for name in collected(readers[0])} == {"system"}


def test_switched_off_nothing_is_emitted_until_switched_on_again(meter, readers, caplog):
    """Though the instruments stay, no last value lingers, and registering twice is no conflict."""
    observe_resources(meter)
    assert collected(readers[0])
    stop_observing_resources(meter)
    assert collected(readers[0]) == {}
    observe_resources(meter)
    assert collected(readers[0])
    assert caplog.records == []


def test_stopping_what_never_started_is_no_harm(meter):
    """Uninstrument may come first, or twice."""
    stop_observing_resources(meter)
    assert resource_faults(meter) == {}


def test_failing_reading_is_left_out_and_counted(meter, readers, monkeypatch, caplog):
    """The metric is absent, not 0; the fault is counted, not logged."""

    def refuse(process):
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "io_counters", refuse)
    observe_resources(meter)
    metrics = collected(readers[0])
    assert "process.disk.io" not in metrics
    assert "process.memory.usage" in metrics
    assert resource_faults(meter) == {("process.disk", "AccessDenied"): 1}
    assert caplog.records == []


def test_unknown_group_is_refused(meter):
    """Loud when built."""
    with pytest.raises(ValueError, match="unknown resource groups"):
        observe_resources(meter, {"disk"})


@pytest.fixture
def system_metrics(monkeypatch):
    """OpenTelemetry's own instrumentation, as far as it can be seen from outside."""
    module = ModuleType("opentelemetry.instrumentation.system_metrics")
    instance = SimpleNamespace(is_instrumented_by_opentelemetry=True)
    module.SystemMetricsInstrumentor = type("SystemMetricsInstrumentor", (), {"_instance": instance})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return instance


def test_other_instrumentation_has_the_word_while_it_is_active(meter, readers, system_metrics):
    """Whichever came first; ours speaks again when the other one is gone."""
    observe_resources(meter)
    assert not should_observe()
    assert collected(readers[0]) == {}
    system_metrics.is_instrumented_by_opentelemetry = False
    assert should_observe()
    assert collected(readers[0])


def test_other_instrumentation_merely_imported_does_not_count(monkeypatch):
    """Nobody has made one yet."""
    module = ModuleType("opentelemetry.instrumentation.system_metrics")
    module.SystemMetricsInstrumentor = type("SystemMetricsInstrumentor", (), {"_instance": None})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert should_observe()
