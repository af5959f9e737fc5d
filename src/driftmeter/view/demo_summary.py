"""What the demo comes to: drifts found, what was not expected, what was sent and lost, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from driftmeter.demo.flights import KILOMETRES_START, MERGER, OUTPUT, SEASONAL
from driftmeter.demo.landings import Month
from driftmeter.demo.scene import Outcome
from driftmeter.demo.verdict import Detection
from driftmeter.view.bars import CALM, LOUD, QUIET, WARM
from driftmeter.view.demo_scene import month_name

_CAUSES = {
    **dict.fromkeys(SEASONAL, "autumn is more punctual than the winter that the model knows"),
    "airline": f"US Airways merged into American on {MERGER}",
    "distance_mi": f"planted by the demo: from {KILOMETRES_START} on the client sends kilometres",
    OUTPUT: "the model's answers follow the kilometres",
}


def summary_view(outcome: Outcome) -> RenderableType:
    """Draw the end of a run."""
    parts: list[RenderableType] = ["", _detections(outcome.verdict.detections)]
    if outcome.verdict.unexpected:
        parts += ["", _unexpected(outcome.verdict.unexpected)]
    return Group(*parts, "", _months(outcome.months), "", _counts(outcome), "", *_verdict(outcome), "")


def _detections(detections: Sequence[Detection]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=QUIET)
    for heading in ("subject", "statistic", "first on"):
        table.add_column(heading, no_wrap=True)
    for heading in ("after rows", "value", "limit"):
        table.add_column(heading, justify="right", no_wrap=True)
    for detection in detections:
        rows = detection.rows_after_onset
        table.add_row(
            Text(detection.subject, style=f"bold {LOUD}"),
            detection.statistic,
            detection.flight_date,
            "-" if rows is None else f"{rows:,}",
            f"{detection.value:.3f}",
            f"{detection.threshold:.3f}",
        )
    subjects = dict.fromkeys(detection.subject for detection in detections)
    causes = Text(
        "\n".join(f"{subject}: {_CAUSES[subject]}" for subject in subjects if subject in _CAUSES), style=QUIET
    )
    return Group(Text("Drift found", style="bold"), table, causes)


def _unexpected(alarms: Sequence[Detection]) -> RenderableType:
    told = [f"{alarm.subject} {alarm.statistic} {alarm.value:.3f} on {alarm.flight_date}" for alarm in alarms]
    return Text.assemble(("Not expected, and told as it is\n", f"bold {WARM}"), "\n".join(told))


def _months(months: Sequence[Month]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style=QUIET, padding=(0, 1))
    table.add_column("error, min", style="bold", no_wrap=True)
    for month in months:
        table.add_column(month_name(month), justify="right", no_wrap=True)
    table.add_row("RMSE", *(f"{month.rmse_min:.1f}" for month in months))
    table.add_row("bias", *(f"{month.bias_min:+.1f}" for month in months))
    return table


def _counts(outcome: Outcome) -> RenderableType:
    tally, pace = outcome.tally, outcome.pace
    table = Table.grid(padding=(0, 3))
    for _ in range(4):
        table.add_column(no_wrap=True)
    minutes, seconds = divmod(int(outcome.elapsed_s), 60)
    facts = (
        ("predictions sent", f"{tally.predictions:,}", "events written", f"{tally.events:,}"),
        ("events lost", f"{tally.lost:,}", "traces written", f"{tally.traces:,}"),
        ("labels fed back", f"{tally.labels:,}", "label events written", f"{tally.label_events:,}"),
        ("requests a second", f"{pace.per_s:,.0f}", "latency p50, p99", f"{pace.p50_ms:.1f}, {pace.p99_ms:.1f} ms"),
        ("took", f"{minutes}:{seconds:02} min", "telemetry in", outcome.where),
    )
    for name, number, other, second in facts:
        table.add_row(Text(name, style=QUIET), Text(number, style="bold"), Text(other, style=QUIET), Text(second))
    return table


def _verdict(outcome: Outcome) -> list[Text]:
    if outcome.verdict.passed:
        return [Text("✔ both drifts found, no false alarm, nothing lost", style=f"bold {CALM}")]
    return [Text(f"✘ {problem}", style=f"bold {LOUD}") for problem in outcome.verdict.problems]
