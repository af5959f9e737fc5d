"""The demo while it runs: a live picture where somebody watches, a line now and then where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from driftmeter.demo.scene import Scene
from driftmeter.view.demo_scene import scene_view

Show = Callable[[Scene], None]
_REFRESH_PER_S = 6


@contextmanager
def watching(console: Console) -> Iterator[Show]:
    """Give what is to be called with every new scene."""
    if not console.is_terminal:
        yield Lines(console)
        return
    with Live(console=console, refresh_per_second=_REFRESH_PER_S, transient=True) as live:
        yield lambda scene: live.update(scene_view(scene, console.width))


class Lines:
    """A line for every new phase and every new month."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ("", "")

    def __call__(self, scene: Scene) -> None:
        """Print a line if there is anything new to say."""
        now = (scene.phase, scene.date[:7] if scene.sent else "")
        if now == self._last:
            return
        same_phase = now[0] == self._last[0]
        self._last = now
        if not (same_phase and scene.sent):
            self._console.print(f"{scene.elapsed_s:6.1f} s  {scene.phase}")
            return
        self._console.print(
            f"{scene.elapsed_s:6.1f} s  {scene.date}  {scene.sent:,} of {scene.total:,} flights,"
            f" {scene.pace.per_s:,.0f}/s, p50 {scene.pace.p50_ms:.1f} ms, {scene.tally.events:,} events,"
            f" {len(scene.detections)} alarms"
        )
