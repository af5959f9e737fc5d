"""One moment of the demo as a picture."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from driftmeter.demo.flights import ONSETS
from driftmeter.demo.landings import Month
from driftmeter.demo.scene import Scene, SubjectScene
from driftmeter.demo.verdict import Detection, first_of_each
from driftmeter.view.bars import CALM, FAINT, LOUD, QUIET, WARM, bar, limit_bar, sparkline

_LIMIT_WIDTH = 25
_SPARK_WIDTH = 18
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_STORIES = 11
_MEGABYTE = 1024 * 1024


def scene_view(scene: Scene, width: int) -> RenderableType:
    """Draw a scene.

    Args:
        scene: the moment.
        width: of the terminal, in characters.

    """
    lower = Table.grid(expand=True, padding=(0, 0))
    lower.add_column(ratio=1)
    lower.add_column(ratio=1)
    height = max(len(scene.months), _MOST_STORIES) + 2
    lower.add_row(
        _panel(_months(scene.months), "Error by month of flight", height),
        _panel(_stories(scene), "What happened", height),
    )
    return Group(
        _panel(_progress(scene, width), "driftmeter demo"),
        _panel(_subjects(scene), "Drift against January to March"),
        lower,
    )


def _panel(content: RenderableType, title: str, height: int | None = None) -> Panel:
    return Panel(
        content,
        title=f"[bold]{title}[/]",
        title_align="left",
        border_style=FAINT,
        box=box.ROUNDED,
        padding=(0, 1),
        height=height,
    )


def _progress(scene: Scene, width: int) -> RenderableType:
    share = scene.sent / scene.total if scene.total else 0.0
    where = Text.assemble(
        (f"{scene.date}  ", "bold"),
        bar(share, max(10, width - 52)),
        f"  {share:4.0%}",
        (f"  {scene.sent:>6,} of {scene.total:,}  {_clock(scene.elapsed_s)}", QUIET),
    )
    return Group(where, _facts(scene), Text(f"{scene.phase} · telemetry to {scene.where}", style=QUIET))


def _facts(scene: Scene) -> Text:
    pace, tally, usage = scene.pace, scene.tally, scene.usage
    waiting = tally.predictions - tally.events
    facts = [
        (f"{pace.per_s:,.0f}", "requests/s"),
        (f"{pace.p50_ms:.1f}", "ms p50"),
        (f"{pace.p99_ms:.1f}", "ms p99"),
        ("-" if usage.cpu_share is None else f"{usage.cpu_share:.0%}", "CPU"),
        ("-" if usage.memory_bytes is None else f"{usage.memory_bytes / _MEGABYTE:,.0f}", "MB"),
        (f"{tally.events:,}", "events"),
        (f"{waiting:,}", "on their way"),
        (f"{tally.label_events:,}", "labels"),
    ]
    line = Text()
    for number, unit in facts:
        line.append(number, style=f"bold {CALM}").append(f" {unit}   ", style=QUIET)
    return line


def _subjects(scene: Scene) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for subject in scene.subjects:
        table.add_row(*_subject(subject, scene.detections))
    return table


def _subject(subject: SubjectScene, detections: tuple[Detection, ...]) -> tuple[Text, Text, Text, Text, Text]:
    name = Text("→ " if subject.output else "  ", style=QUIET).append(subject.name, style="bold")
    reading = subject.reading
    if reading is None or reading.threshold is None:
        return name, Text("─" * _LIMIT_WIDTH, style=FAINT), Text("window filling", style=QUIET), Text(""), Text("")
    colour = (WARM if subject.weather else LOUD) if reading.alarm else CALM
    return (
        name,
        limit_bar(reading.value, reading.threshold, _LIMIT_WIDTH, colour=colour),
        Text.assemble((f"{reading.value:.3f}", f"bold {colour}"), (f" limit {reading.threshold:.3f}", QUIET)),
        Text(sparkline(subject.course, _SPARK_WIDTH), style=colour),
        _state(subject, detections, raised=reading.alarm),
    )


def _state(subject: SubjectScene, detections: tuple[Detection, ...], *, raised: bool) -> Text:
    if subject.weather:
        return Text("● weather" if raised else "○ weather", style=WARM if raised else QUIET)
    if not raised:
        return Text("○ calm", style=QUIET)
    first = [each for each in first_of_each(detections) if each.subject == subject.name]
    since = f" since {first[0].flight_date}" if first else ""
    return Text(f"● DRIFT{since}", style=f"bold {LOUD}")


def _months(months: tuple[Month, ...]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(no_wrap=True)
    worst = max((month.rmse_min for month in months), default=1.0)
    for month in months:
        planted = month.name.endswith("km")
        label = _MONTH_NAMES[int(month.name[5:7]) - 1] + (" km" if planted else "")
        table.add_row(
            Text(label, style="bold" if not planted else f"bold {LOUD}"),
            bar(month.rmse_min / worst, 18, colour=LOUD if planted else CALM),
            Text(f"{month.rmse_min:5.1f} min"),
            Text(f"bias {month.bias_min:+.1f}", style=QUIET),
        )
    return table if months else Text("no flight has landed yet", style=QUIET)


def _stories(scene: Scene) -> RenderableType:
    stories = [_story(detection) for detection in first_of_each(scene.detections)]
    shown = stories[-_MOST_STORIES:]
    return Group(*shown) if shown else Text("no alarm yet", style=QUIET)


def _story(detection: Detection) -> Text:
    told = Text.assemble(
        (f"{detection.flight_date[5:] or '?':5}  ", QUIET),
        (detection.subject, f"bold {LOUD}" if detection.subject in ONSETS else "bold"),
        f" {detection.statistic} {detection.value:.3f}",
        (f" > {detection.threshold:.3f}", QUIET),
    )
    if detection.rows_after_onset is not None:
        told.append(f"  after {detection.rows_after_onset:,} rows", style=QUIET)
    told.truncate(54, overflow="ellipsis")
    return told


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
