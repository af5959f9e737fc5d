"""One moment of the demo as a picture that fits a terminal of 80 columns and 24 lines, and uses more where it is."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from driftmeter.demo.landings import Month
from driftmeter.demo.scene import Scene, SubjectScene
from driftmeter.demo.verdict import Detection, first_of_each
from driftmeter.view.bars import CALM, FAINT, LOUD, QUIET, bar, limit_bar, sparkline, thin_bar

MONTHS_SHOWN = 10
"""April to December, and November once more in kilometres."""

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MEGABYTE = 1024 * 1024
_WIDE = 100


def scene_view(scene: Scene, width: int) -> RenderableType:
    """Draw a scene.

    Args:
        scene: the moment.
        width: of the terminal, in characters; 80 or more.

    """
    half = width // 2
    lower = Table.grid(expand=True)
    lower.add_column(width=half)
    lower.add_column(ratio=1)
    lower.add_row(
        _panel(_months(scene.months, half - 4), "Error by month: RMSE and bias, min", MONTHS_SHOWN),
        _panel(_stories(scene, wide=width >= _WIDE), "What happened", MONTHS_SHOWN),
    )
    return Group(
        _panel(_progress(scene, width - 4), f"driftmeter demo: {scene.phase}"),
        _panel(_subjects(scene, width - 4), "Drift against January to March: PSI, and ┊ its limit"),
        lower,
    )


def month_name(month: Month) -> str:
    """`Apr`, or `Nov km` for what was sent in kilometres."""
    return _NAMES[int(month.name[5:7]) - 1] + (" km" if _planted(month) else "")


def _panel(content: RenderableType, title: str, lines: int | None = None) -> Panel:
    return Panel(
        content,
        title=Text(title, style="bold default"),
        title_align="left",
        border_style=FAINT,
        box=box.ROUNDED,
        padding=(0, 1),
        height=None if lines is None else lines + 2,
    )


def _progress(scene: Scene, width: int) -> RenderableType:
    share = scene.sent / scene.total if scene.total else 0.0
    place = f" {share:4.0%}  {scene.sent:,} of {scene.total:,} flights  {_clock(scene.elapsed_s)}"
    pace, tally, usage = scene.pace, scene.tally, scene.usage
    return Group(
        Text.assemble((f"{scene.date}  ", "bold"), thin_bar(share, max(1, width - len(place) - 12)), (place, QUIET)),
        _facts(
            (f"{pace.per_s:,.0f}", "requests/s"),
            (f"{pace.p50_ms:.1f}", "ms p50"),
            (f"{pace.p99_ms:.1f}", "ms p99"),
            ("-" if usage.cpu_share is None else f"{usage.cpu_share:.0%}", "CPU"),
            ("-" if usage.memory_bytes is None else f"{usage.memory_bytes / _MEGABYTE:,.0f}", "MB"),
        ),
        _facts(
            (f"{tally.events:,}", "events"),
            (f"{tally.predictions - tally.events:,}", "on their way"),
            (f"{tally.traces:,}", "traces"),
            (f"{tally.label_events:,}", "labels"),
        ),
    )


def _facts(*facts: tuple[str, str]) -> Text:
    line = Text()
    for number, unit in facts:
        line.append(number, style=f"bold {CALM}").append(f" {unit}   ", style=QUIET)
    return line


def _subjects(scene: Scene, width: int) -> RenderableType:
    table = _grid(5)
    drawn = width - 21 - 13 - 12 - 8  # name, numbers, state, gaps
    bar_width = min(31, drawn * 3 // 5 // 2 * 2 + 1)
    spark_width = min(30, drawn - bar_width)
    for subject in scene.subjects:
        table.add_row(*_subject(subject, scene.detections, bar_width, spark_width))
    return table


def _subject(
    subject: SubjectScene, detections: tuple[Detection, ...], bar_width: int, spark_width: int
) -> tuple[Text, Text, Text, Text, Text]:
    name = Text("→ " if subject.output else "  ", style=QUIET).append(subject.name, style="bold")
    reading = subject.reading
    if reading is None or reading.threshold is None:
        return name, Text("─" * bar_width, style=FAINT), Text("window fills", style=QUIET), Text(), Text()
    colour = LOUD if reading.alarm else CALM
    sign = ">" if reading.value > reading.threshold else "<"
    return (
        name,
        limit_bar(reading.value, reading.threshold, bar_width, colour=colour),
        Text.assemble((f"{reading.value:.3f}", f"bold {colour}"), (f" {sign} {reading.threshold:.3f}", QUIET)),
        Text(sparkline(subject.course, spark_width), style=colour),
        _state(subject, detections, raised=reading.alarm),
    )


def _state(subject: SubjectScene, detections: tuple[Detection, ...], *, raised: bool) -> Text:
    if not raised:
        return Text("○ calm", style=QUIET)
    first = [each.flight_date for each in first_of_each(detections) if each.subject == subject.name]
    return Text(f"● {first[0] if first else 'drift'}", style=f"bold {LOUD}")


def _months(months: tuple[Month, ...], width: int) -> RenderableType:
    # Kilometres make errors of more than an hour: on a scale for those, the seasons would not show.
    full_min = 1.2 * max((month.rmse_min for month in months if not _planted(month)), default=1.0)
    table = _grid(4)
    for month in months:
        colour = LOUD if _planted(month) else CALM
        table.add_row(
            Text(month_name(month), style=f"bold {LOUD}" if _planted(month) else "bold"),
            bar(month.rmse_min / full_min, max(1, min(30, width - 23)), colour=colour),
            Text(f"{month.rmse_min:5.1f}"),
            Text(f"{month.bias_min:+.1f}", style=QUIET),
        )
    return table if months else Text("no flight has landed yet", style=QUIET)


def _planted(month: Month) -> bool:
    return month.name.endswith("km")


def _stories(scene: Scene, *, wide: bool) -> RenderableType:
    table = _grid(4)
    shown = first_of_each(scene.detections)[-MONTHS_SHOWN:]
    for detection in shown:
        rows = detection.rows_after_onset
        table.add_row(
            Text(detection.flight_date[5:] or "?", style=QUIET),
            Text(detection.subject, style=f"bold {LOUD}"),
            Text(f"{detection.value:.3f}"),
            Text(f"+{rows:,} rows" if wide and rows is not None else "", style=QUIET),
        )
    return table if shown else Text("no alarm yet", style=QUIET)


def _grid(columns: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column(no_wrap=True)
    return table


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
