"""The plots of `study.py` or `delays.py`, from the numbers in argv[1] into the folder argv[2]."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

OURS, OTHERS = "#c2410c", "#475569"


def save(figure: Any, name: str) -> None:
    """Small, and the same bytes for the same numbers."""
    figure.savefig(Path(sys.argv[2]) / f"{name}.png", dpi=80, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def percent(value: float) -> str:
    """A share as a reader wants it."""
    return "0" if value == 0 else f"{value:.1%}" if value < 0.1 else f"{value:.0%}"


def grid(
    shares: dict[str, dict[str, float]], title: str, colours: str, top: float, shown: Callable[[float], str]
) -> Any:
    """Rules down, streams across, a figure in every cell; the more of it, the darker."""
    across = list(dict.fromkeys(kind for by_kind in shares.values() for kind in by_kind))
    values = np.array([[by_kind.get(kind, np.nan) for kind in across] for by_kind in shares.values()])
    figure, axes = plt.subplots(figsize=(1.15 * len(across) + 3, 0.36 * len(shares) + 1.6))
    depth = np.sqrt(np.minimum(values / top, 2))
    axes.imshow(depth, cmap=colours, vmin=0, vmax=1.4, aspect="auto")
    for (down, right), value in np.ndenumerate(values):
        text, ink = ("-", 0.0) if np.isnan(value) else (shown(value), depth[down, right])
        axes.text(right, down, text, ha="center", va="center", fontsize=8, color="white" if ink > 0.85 else "black")
    axes.set_xticks(range(len(across)), across, fontsize=8, rotation=20, ha="right")
    axes.set_yticks(range(len(shares)), list(shares), fontsize=8)
    for label in axes.get_yticklabels():
        label.set_color(OURS if label.get_text().startswith("driftmeter") else "black")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=9, loc="left")
    return figure


def timeline(told: dict[str, Any]) -> Any:
    """Every window with an alarm, by rule, one panel per column."""
    ends = [date.fromisoformat(end) for end in told["ends"]]
    rules = list(told["flights"])
    figure, panels = plt.subplots(len(told["onsets"]), 1, sharex=True, figsize=(9, 2.1 * len(told["onsets"])))
    for axes, (column, onset) in zip(panels, told["onsets"].items(), strict=True):
        for down, rule in enumerate(rules):
            alarmed = [ends[window] for window in told["flights"][rule].get(column, []) if window < len(ends)]
            colour = OURS if rule.startswith("driftmeter") else OTHERS
            axes.plot(alarmed, [down] * len(alarmed), "s", ms=3.5, color=colour)
        axes.axvline(date.fromisoformat(onset), color="black", lw=0.8, ls="--")
        axes.set_yticks(range(len(rules)), rules, fontsize=6)
        axes.set_ylim(len(rules) - 0.5, -0.5)
        axes.set_xlim(date(2015, 4, 1), date(2016, 1, 2))
        axes.tick_params(axis="x", labelsize=7)
        axes.set_title(column, fontsize=8, loc="left")
    figure.tight_layout()
    return figure


def rates(told: dict[str, Any]) -> Any:
    """Median delay against false alarms, one panel per shift, both with their 95 % intervals."""
    figure, panels = plt.subplots(1, len(told["shifts"]), figsize=(3.9 * len(told["shifts"]), 3.6))
    for place, (axes, shift) in enumerate(zip(panels, told["shifts"], strict=True)):
        for rule, colour, style in (("river, ADWIN", OTHERS, "o-"), ("driftmeter", OURS, "o")):
            seen = told[rule]
            across, down = np.array(seen["rates"]), np.array(seen["delays"])[:, place]
            ends = [np.abs(each[:, 1:] - each[:, :1]).T for each in (across, down)]
            axes.errorbar(
                across[:, 0], down[:, 0], xerr=ends[0], yerr=ends[1], fmt=style, ms=4, lw=1, color=colour, label=rule
            )
            for name, right, top in zip(seen.get("names", []), across[:, 0], down[:, 0], strict=False):
                axes.annotate(name, (right, top), (5, 5), textcoords="offset points", fontsize=7, color=colour)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("false alarms per million rows", fontsize=8)
        axes.set_title(f"mean + {shift:g} sd", fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
    panels[0].set_ylabel("median rows until found", fontsize=8)
    panels[0].legend(fontsize=7, frameon=False, loc="lower left")
    figure.tight_layout()
    return figure


def windows(told: dict[str, Any]) -> None:
    """The plots of `study.py`."""
    window = told["window"]
    title = f"Nothing drifted: share of windows of {window:,} rows with an alarm"
    save(grid(told["nulls"], title, "Reds", 1, percent), "false-alarms")
    title = f"Median rows until found, windows of {window:,} rows, all rules at our rate of false alarms"
    found = grid(told["delays"], title, "Blues", window, lambda rows: "not" if np.isinf(rows) else f"{rows:,.0f}")
    save(found, "delays")
    save(timeline(told), "flights-alarms")


numbers = json.loads(Path(sys.argv[1]).read_text())
if "window" in numbers:
    windows(numbers)
if "rates" in numbers:
    save(rates(numbers["rates"]), "equal-rate")
