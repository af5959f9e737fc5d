"""`driftmeter demo`: a real model server, watched end to end, on real flights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftmeter.cli.exampled import ExampledCommand
from driftmeter.cli.output import json_option, write_json

if TYPE_CHECKING:  # training and serving need an extra, which may be missing
    from driftmeter.demo.outlets import Outlet
    from driftmeter.demo.scene import Outcome


@click.command(
    cls=ExampledCommand,
    example="""
    driftmeter demo --fast
    driftmeter demo --endpoint http://127.0.0.1:4318
    """,
)
@click.option("--fast", is_flag=True, help="Replay one flight of five; takes less than a minute.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the model, its reference and the telemetry.",
)
@click.option(
    "--endpoint",
    envvar="OTEL_EXPORTER_OTLP_ENDPOINT",
    show_envvar=True,
    help="Send the telemetry to this OTLP/HTTP endpoint instead of into the folder.",
)
@json_option
def command(*, fast: bool, output: Path, endpoint: str | None, as_json: bool) -> None:
    """Watch a model server that has no monitoring code, while nine months of real flights go through it.

    A model of air time is trained on January to March 2015 and served by FastAPI under `opentelemetry-instrument`.
    April to December are replayed over HTTP; labels are fed back after landing. One drift happened (US Airways merged
    into American in July), one is planted (from 15 November the client sends kilometres), and both are to be found.

    Exits with 1 when a drift is missed, an alarm on airline or distance comes too early, or anything is lost.
    """
    try:
        outcome = _run(fast=fast, output=output, endpoint=endpoint, as_json=as_json)
    except (OSError, RuntimeError, ValueError) as fault:
        raise click.ClickException(str(fault)) from fault
    if as_json:
        write_json(outcome.to_dict())
    if not outcome.verdict.passed:
        raise SystemExit(1)


def _run(*, fast: bool, output: Path, endpoint: str | None, as_json: bool) -> Outcome:
    try:
        from driftmeter.demo.run import Options, run  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise RuntimeError(f"the demo needs {missing.name}: pip install 'driftmeter[demo]'") from missing
    from driftmeter.view.demo_live import watching  # noqa: PLC0415
    from driftmeter.view.demo_summary import summary_view  # noqa: PLC0415
    from driftmeter.view.terminal import on_stderr, on_stdout  # noqa: PLC0415

    console = on_stderr() if as_json else on_stdout()
    with watching(console) as show:
        outcome = run(Options(output=output, fast=fast), _outlet(endpoint, output), show)
    console.print(summary_view(outcome))
    return outcome


def _outlet(endpoint: str | None, output: Path) -> Outlet:
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415

    from driftmeter.demo.outlets import Forward, Lines  # noqa: PLC0415

    if endpoint is None:
        return Lines(output)
    return Forward(endpoint, parse_env_headers(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")))
