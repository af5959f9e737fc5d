"""Two passes over a training file, with a progress bar where somebody is watching."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from driftmeter.cli.layout import Layout
from driftmeter.cli.training_file import TrainingFile, TypesWidened, open_training_file
from driftmeter.drift import Reference
from driftmeter.drift.building import ReferenceBuilder
from driftmeter.drift.rhythm.phases import Period


def build_reference(
    path: Path,
    *,
    model: str,
    version: str | None,
    outputs: Sequence[str],
    columns: Sequence[str],
    categories: Sequence[str],
    vectors: Sequence[str],
    texts: Sequence[str],
    bins: int,
    time: str | None,
    profile: Period | None,
    trained_at: str | None,
    show_progress: bool,
) -> Reference:
    """Count a training file into a reference.

    Raises:
        ValueError: the file cannot be read, has not the columns, or has no rows.

    """
    named = [*columns, *outputs, *categories, *vectors, *texts] if columns else []
    layout = Layout(path, tuple(dict.fromkeys(named)), categories=categories, vectors=vectors, texts=texts, time=time)

    def fresh() -> ReferenceBuilder:
        return ReferenceBuilder(
            model, version, outputs=outputs, columns=layout.counted, bins=bins, trained_at=trained_at, time=time,
            profile=profile,
        )  # fmt: skip

    with _progress(shown=show_progress) as progress:
        try:
            file = open_training_file(path, layout.read, categories)
            builder = _scanned(progress, file, fresh, layout)
            _pass(progress, "counting", file, lambda rows: builder.count(layout(rows)))
        except pa.ArrowException as fault:
            raise ValueError(f"{path} cannot be read: {fault}") from fault
        return builder.build()


def _scanned(
    progress: Progress, file: TrainingFile, fresh: Callable[[], ReferenceBuilder], layout: Layout
) -> ReferenceBuilder:
    while True:
        builder = fresh()
        try:
            _pass(progress, "finding the bins", file, lambda rows: builder.scan(layout(rows)))  # noqa: B023
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
