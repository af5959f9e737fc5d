"""The main job on real components: a server without monitoring code, through the Collector, read back from backends."""

from __future__ import annotations

from collections.abc import Iterator

import joblib
import pytest
from backends import alerts, eventually, jaeger_trace, logs_query, promql, span_tags

from driftmeter.demo.flights import MERGER, Flight, load_flights, replayed_flights, training_flights
from driftmeter.demo.http_client import exchange
from driftmeter.demo.request_book import RequestBook
from driftmeter.demo.server import FlightServer, environment
from driftmeter.demo.training import build_reference, train
from stack import Stack

pytestmark = pytest.mark.e2e

SERVICE = "flight-server-read-back"
"""Other tests run flight servers, too."""
AIR_TIME = f'service_name="{SERVICE}",ml_model_name="air-time",ml_model_version="2015Q1"'


@pytest.fixture(scope="module")
def flights(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Flight]]:
    """1,500 flights of July, served by the plain flight server under `opentelemetry-instrument`, which still runs."""
    folder = tmp_path_factory.mktemp("flights")
    known = training_flights(load_flights())
    model = train(known)
    joblib.dump(model, folder / "model.joblib")
    build_reference(known, model).save(folder / "reference.json")
    variables = environment(
        model=folder / "model.joblib",
        reference=folder / "reference.json",
        endpoint=stack.otlp_http,
        windows="500rows",
        journal=folder / "journal",
    ) | {"OTEL_SERVICE_NAME": SERVICE}
    served = [flight for flight in replayed_flights(load_flights()) if flight.date >= MERGER][:1500]
    book = RequestBook(served)
    statuses: list[int] = []
    with FlightServer(variables, folder / "server.log") as server:
        requests = ((row, book.request(row)) for row in range(len(served)))
        exchange(server.address, requests, lambda _, answer: statuses.append(answer.status))
        assert statuses == [200] * len(served)
        yield served


def prediction_event(stack: Stack, flight: Flight) -> dict[str, str]:
    query = f'"service.name":"{SERVICE}" "event.name":"ml.prediction" "ml.prediction.id":"{flight.id}"'
    [event] = eventually(lambda: logs_query(stack, query))
    return event


def test_a_prediction_is_found_by_its_id_with_what_was_asked_and_answered(stack: Stack, flights: list[Flight]) -> None:
    flight = flights[700]

    event = prediction_event(stack, flight)

    assert event["ml.prediction.inputs.airline"] == flight.airline
    assert float(event["ml.prediction.inputs.distance_mi"]) == flight.distance_mi
    assert 10 < float(event["ml.prediction.outputs.air_time_min"]) < 700
    assert event["ml.model.name"] == "air-time"
    assert event["service.name"] == SERVICE


def ancestors(span: dict[str, object], by_id: dict[str, dict[str, object]]) -> list[object]:
    """The names of the spans around a span, as far as they are in the trace."""
    references = span["references"]
    assert isinstance(references, list)
    around = by_id.get(references[0]["spanID"]) if references else None
    return [around["operationName"], *ancestors(around, by_id)] if around else []


def test_every_prediction_is_there_once(stack: Stack, flights: list[Flight]) -> None:
    mine = f'"service.name":"{SERVICE}" "event.name":"ml.prediction"'
    query = f'{mine} | stats count() as events, count_uniq("ml.prediction.id") as ids'

    [counted] = eventually(lambda: [row for row in logs_query(stack, query) if row["events"] == str(len(flights))])

    assert counted["ids"] == str(len(flights))


def test_the_event_leads_to_its_trace_where_the_prediction_lies_below_the_request(
    stack: Stack, flights: list[Flight]
) -> None:
    event = prediction_event(stack, flights[700])

    def spans() -> dict[str, dict[str, object]]:
        found = {str(span["spanID"]): span for span in jaeger_trace(stack, event["trace_id"])}
        return found if any(str(span["operationName"]).startswith("POST") for span in found.values()) else {}

    by_id = eventually(spans)
    prediction = by_id[event["span_id"]]
    assert prediction["operationName"] == "predict air-time"
    assert span_tags(prediction)["ml.model.version"] == "2015Q1"
    assert "POST /predict" in ancestors(prediction, by_id)


def test_the_drift_of_a_column_and_its_bins_are_metrics(stack: Stack, flights: list[Flight]) -> None:
    psi = f'ml_feature_drift{{{AIR_TIME},ml_feature_name="airline",ml_drift_statistic="psi",ml_window="500rows"}}'
    bins = f'ml_feature_observations_total{{{AIR_TIME},ml_feature_name="airline"}}'

    eventually(lambda: promql(stack, f"{psi} > 0.2"))
    counted = eventually(
        lambda: [found for found in [promql(stack, bins)] if sum(value for _, value in found) == len(flights)]
    )[0]

    by_bin = {labels["ml_bin"]: value for labels, value in counted}
    assert by_bin["US"] == 0
    assert by_bin["AA"] == sum(flight.airline == "AA" for flight in flights)
    assert by_bin["missing"] == by_bin["unseen"] == 0


def test_latency_and_resources_of_the_server_are_metrics(stack: Stack, flights: list[Flight]) -> None:
    [(_, calls)] = eventually(
        lambda: promql(stack, f"ml_prediction_duration_seconds_count{{{AIR_TIME}}} == {len(flights)}")
    )
    [(_, memory_bytes)] = promql(stack, f'process_memory_usage_bytes{{service_name="{SERVICE}"}}')
    lost = promql(stack, f'driftmeter_dropped_total{{service_name="{SERVICE}"}}')

    assert calls == len(flights)
    assert 30e6 < memory_bytes < 2e9
    assert lost == []


def test_the_alert_on_a_drifted_column_fires(stack: Stack, flights: list[Flight]) -> None:
    assert flights

    fired = eventually(
        lambda: [alert for alert in alerts(stack, "MLFeatureDrift") if alert["ml_model_name"] == "air-time"], 60
    )

    assert "airline" in {alert["ml_feature_name"] for alert in fired}
