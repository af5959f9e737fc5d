"""`driftmeter reference`: what a model was trained on, counted, looked at and merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftmeter.cli.exampled import ExampledCommand, ExampledGroup
from driftmeter.cli.output import json_option, stderr_is_terminal, write_json

if TYPE_CHECKING:  # numpy and Arrow are slow to import; `--help` must not wait for them
    from driftmeter.drift import Reference
    from driftmeter.drift.rhythm.phases import Period

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group(
    cls=ExampledGroup,
    example="""
    driftmeter reference build train.csv -o air-time.reference.json --model air-time
    driftmeter reference show air-time.reference.json
    """,
)
def command() -> None:
    """Build, look at and merge references: what a model's inputs and outputs looked like in training."""


@command.command(
    cls=ExampledCommand,
    example="""
    driftmeter reference build train.csv -o air-time.reference.json \\
      --model air-time --version 7 --output predicted_min --column airline --column distance_mi --time date
    driftmeter reference build rides.parquet -o fares.reference.json --time picked_up_at --profile hour-of-week
    driftmeter reference build tickets.parquet -o triage.reference.json --vector embedding --text note
    """,
)
@click.argument("training", type=_FILE)
@click.option("-o", "--out", type=_NEW_FILE, required=True, help="Where to write the reference (JSON).")
@click.option("--model", help="The model's name as it is served; without it, the file's name without its ending.")
@click.option("--version", help="The model's version.")
@click.option("--output", "outputs", multiple=True, help="A column that the model puts out. Repeatable.")
@click.option("--column", "columns", multiple=True, help="Count only this column, and others given so. Repeatable.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    help="A column of numbers that are labels, such as zip codes. Repeatable.",
)
@click.option(
    "--vector",
    "vectors",
    multiple=True,
    help="A column of vectors, such as embeddings: lists in Parquet, JSON lists in a CSV, or columns NAME_0, NAME_1"
    " and so on. Repeatable.",
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    help="A column of free text, watched by length, characters and new words. Repeatable.",
)
@click.option("--bins", default=10, show_default=True, help="Quantile bins of a numeric column.")
@click.option("--time", help="A column of times: then alarms allow for how the data varied by itself.")
@click.option(
    "--profile",
    type=click.Choice(["hour-of-week", "month"]),
    help="Hold live rows against the hours of the week, or the months, that they came in (UTC); needs --time.",
)
@click.option("--trained-at", help="ISO 8601 time of training, for the model's age.")
@json_option
def build(
    *,
    training: Path,
    out: Path,
    model: str | None,
    version: str | None,
    outputs: tuple[str, ...],
    columns: tuple[str, ...],
    categories: tuple[str, ...],
    vectors: tuple[str, ...],
    texts: tuple[str, ...],
    bins: int,
    time: str | None,
    profile: Period | None,
    trained_at: str | None,
    as_json: bool,
) -> None:
    """Count training data into a reference: CSV, gzipped CSV or Parquet, of any size.

    TRAINING is read in chunks, twice: once to find the bins, once to fill them. Columns given with --output are
    counted as well. Add the model's own predictions as a column, so that its outputs are watched like its inputs.

    Columns of lists, and texts that are long and hardly repeat, are found without --vector and --text; with them
    the kind is certain, and vectors are read from a CSV, too.
    """
    from driftmeter.cli.building import build_reference  # noqa: PLC0415

    try:
        reference = build_reference(
            training,
            model=model or training.name.split(".")[0],
            version=version,
            outputs=outputs,
            columns=columns,
            categories=categories,
            vectors=vectors,
            texts=texts,
            bins=bins,
            time=time,
            profile=profile,
            trained_at=trained_at,
            show_progress=stderr_is_terminal() and not as_json,
        )
        reference.save(out)
    except (ValueError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault
    _tell(reference, out, as_json=as_json)


@command.command(cls=ExampledCommand, example="driftmeter reference show air-time.reference.json")
@click.argument("reference", type=_FILE)
@json_option
def show(*, reference: Path, as_json: bool) -> None:
    """Show what a reference holds, column by column."""
    _tell(_load(reference), reference, as_json=as_json)


@command.command(cls=ExampledCommand, example="driftmeter reference merge january.json february.json -o winter.json")
@click.argument("references", type=_FILE, nargs=-1, required=True)
@click.option("-o", "--out", type=_NEW_FILE, required=True, help="Where to write the merged reference.")
@json_option
def merge(*, references: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Add references of the same model up, as if their data had been counted at once.

    Their bins must be the same: build the others with `Reference.from_data(..., like=first)`.
    """
    merged, *others = map(_load, references)
    try:
        for other in others:
            merged = merged.merge(other)
        merged.save(out)
    except (ValueError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault
    _tell(merged, out, as_json=as_json)


def _load(path: Path) -> Reference:
    from driftmeter.drift import Reference  # noqa: PLC0415

    try:
        return Reference.load(path)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault


def _tell(reference: Reference, path: Path, *, as_json: bool) -> None:
    if as_json:
        write_json(dict(_summary(reference, path)))
        return
    from driftmeter.view.reference import reference_view  # noqa: PLC0415
    from driftmeter.view.terminal import on_stdout  # noqa: PLC0415

    on_stdout().print(reference_view(reference, str(path)))


def _summary(reference: Reference, path: Path) -> Iterator[tuple[str, object]]:
    yield "path", str(path)
    for name in ("model", "version", "trained_at", "rows", "hash"):
        yield name, getattr(reference, name)
    yield (
        "columns",
        {
            column.name: {"role": column.role, "kind": column.kind, "rows": column.n, "shares": column.shares}
            for column in reference.columns.values()
        },
    )
