"""The whole story in order: train, start the server, replay nine months of flights, stop, judge."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import joblib

from driftmeter.demo.correspondence import Correspondence
from driftmeter.demo.flights import Flight, load_flights, replayed_flights, training_flights
from driftmeter.demo.inbox import Inbox
from driftmeter.demo.landings import MonthlyErrors
from driftmeter.demo.operations import Operations
from driftmeter.demo.outlets import Outlet
from driftmeter.demo.replay import Replay
from driftmeter.demo.request_book import RequestBook
from driftmeter.demo.scene import Outcome, Scene
from driftmeter.demo.server import FlightServer, environment
from driftmeter.demo.training import build_reference, train
from driftmeter.demo.verdict import judge
from driftmeter.testing import OtlpReceiver

FAST_EVERY = 5
WINDOWS = "2000rows"
FAST_WINDOWS = "1000rows"
SWITCH_INTERVAL_S = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run can be told."""

    output: Path
    """Folder for the model, its reference, the server's log and, without an endpoint, the telemetry."""
    fast: bool = False
    """Replay one flight of five."""


Show = Callable[[Scene], None]


def run(options: Options, outlet: Outlet, show: Show) -> Outcome:
    """Run the demo from training to verdict.

    Args:
        options: what to run.
        outlet: where the telemetry goes; closed at the end.
        show: called with every new scene, several times a second.

    Raises:
        RuntimeError: the server does not start or does not end.
        OSError: the server stops answering, or the folder cannot be written.

    """
    flights = load_flights()
    book = RequestBook(replayed_flights(flights, every=FAST_EVERY if options.fast else 1))
    errors = MonthlyErrors()
    inbox = Inbox(book.knows_trace, errors.predicted)
    replay = Replay(book, inbox, errors, show, where=outlet.where)
    # One process is client, receiver and writer; at Python's 5 ms turns, writing a batch would stall the requests.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    replay.tell("training on January to March")
    model_path, reference_path = _prepare(options.output, flights)
    correspondence = Correspondence(outlet, inbox)
    with OtlpReceiver(correspondence, keep=False) as receiver:
        journals = options.output.resolve() / "journals"
        shutil.rmtree(journals, ignore_errors=True)  # what a demo before this one left behind is not this one's
        operations = Operations(receiver.endpoint, journals / "operations")
        variables = environment(
            model=model_path,
            reference=reference_path,
            endpoint=receiver.endpoint,
            windows=FAST_WINDOWS if options.fast else WINDOWS,
            journal=journals / "server",
        )
        replay.tell("starting the flight server")
        with FlightServer(variables, options.output / "server.log") as server:
            replay.run(server.address, operations)
            replay.tell("stopping the flight server")
        operations.close()
    outlet.close()
    scene = replay.tell("finished")
    return Outcome(
        verdict=judge(scene.detections, scene.tally, refused=correspondence.refused),
        tally=scene.tally,
        months=scene.months,
        pace=replay.whole_pace(),
        elapsed_s=scene.elapsed_s,
        where=outlet.where,
        fast=options.fast,
    )


def _prepare(output: Path, flights: list[Flight]) -> tuple[Path, Path]:
    """Train the model and build its reference; where both lie."""
    output.mkdir(parents=True, exist_ok=True)
    known = training_flights(flights)
    model = train(known)
    model_path, reference_path = output / "air-time.joblib", output / "air-time.reference.json"
    joblib.dump(model, model_path)
    build_reference(known, model).save(reference_path)
    return model_path.resolve(), reference_path.resolve()
