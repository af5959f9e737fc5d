"""Two passes over a training file, with a progress bar where somebody is watching."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from driftmeter.cli.training_file import TrainingFile, TypesWidened, open_training_file
from driftmeter.drift import Reference
from driftmeter.drift.building import ReferenceBuilder


def build_reference(
    path: Path,
    *,
    model: str,
    version: str | None,
    outputs: Sequence[str],
    columns: Sequence[str],
    categories: Sequence[str],
    bins: int,
    time: str | None,
    trained_at: str | None,
    show_progress: bool,
) -> Reference:
    """Count a training file into a reference.

    Raises:
        ValueError: the file cannot be read, has not the columns, or has no rows.

    """
    counted = list(dict.fromkeys((*columns, *outputs, *categories))) if columns else []
    read = list(dict.fromkeys((*counted, time))) if counted and time else counted

    def fresh() -> ReferenceBuilder:
        return ReferenceBuilder(
            model, version, outputs=outputs, columns=counted or None, bins=bins, trained_at=trained_at, time=time
        )

    with _progress(shown=show_progress) as progress:
        try:
            file = open_training_file(path, read)
            builder = _scanned(progress, file, fresh, categories)
            _pass(progress, "counting", file, lambda rows: builder.count(as_labels(rows, categories)))
        except pa.ArrowException as fault:
            raise ValueError(f"{path} cannot be read: {fault}") from fault
        return builder.build()


def as_labels(rows: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Write the numbers of the named columns as text, so that they count as labels.

    Raises:
        ValueError: a name that is no column.

    """
    for name in names:
        place = rows.schema.get_field_index(name)
        if place < 0:
            raise ValueError(
                f"there is no column {name!r} to count as labels; there are {', '.join(rows.schema.names)}"
            )
        column = rows.column(place)
        if pa.types.is_floating(column.type):  # an integer column with gaps: 3.0 is the label 3
            with contextlib.suppress(pa.ArrowInvalid):
                column = column.cast(pa.int64())
        rows = rows.set_column(place, name, column.cast(pa.string()))
    return rows


def _scanned(
    progress: Progress, file: TrainingFile, fresh: Callable[[], ReferenceBuilder], categories: Sequence[str]
) -> ReferenceBuilder:
    while True:
        builder = fresh()
        try:
            _pass(progress, "finding the bins", file, lambda rows: builder.scan(as_labels(rows, categories)))  # noqa: B023
        except TypesWidened:
            continue
        return builder


def _pass(progress: Progress, title: str, file: TrainingFile, take: Callable[[pa.RecordBatch], None]) -> None:
    task = progress.add_task(title, total=1.0)
    try:
        for chunk in file.chunks():
            take(chunk.rows)
            progress.update(task, completed=chunk.share)
    finally:
        progress.remove_task(task)


def _progress(*, shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
        transient=True,
    )
