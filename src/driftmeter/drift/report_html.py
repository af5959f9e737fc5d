"""A drift report as a page fragment, for notebooks: one table, the drifted columns first seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from driftmeter.text import printable

SHOWN = (
    ("psi", "PSI"),
    ("psi_threshold", "limit"),
    ("js", "JS"),
    ("ks", "KS"),
    ("ks_pvalue", "KS p"),
    ("wasserstein", "Wasserstein"),
    ("chi2_pvalue", "χ² p"),
    ("missing_live", "missing"),
    ("out_of_range_live", "out of range"),
    ("unseen_live", "unseen"),
)
CELL = "padding:2px 10px;text-align:right;font-variant-numeric:tabular-nums"
NAME = "padding:2px 10px;text-align:left"
DRIFTED = "background:rgba(214,69,65,.16)"

Values = Mapping[str, float | bool | None]


def report_html(title: str, features: Mapping[str, Values], below: Sequence[str]) -> str:
    """The table, with names escaped: they come from data.

    >>> "&lt;b&gt;" in report_html("demo", {"<b>": {"psi": 0.1, "alarm": True}}, [])
    True

    """
    head = "".join(f'<th style="{CELL}">{label}</th>' for _, label in SHOWN)
    rows = "".join(_row(name, values) for name, values in features.items())
    lines = "".join(f"<div>{escape(line)}</div>" for line in below)
    return (
        f"<div><strong>{escape(title)}</strong>"
        f'<table style="border-collapse:collapse;margin:6px 0"><thead><tr><th style="{NAME}">column</th>'
        f'<th style="{NAME}">drift</th>{head}</tr></thead><tbody>{rows}</tbody></table>{lines}</div>'
    )


def _row(name: str, values: Values) -> str:
    drifted = bool(values.get("alarm"))
    cells = "".join(f'<td style="{CELL}">{_shown(values.get(key))}</td>' for key, _ in SHOWN)
    mark = "<strong>drift</strong>" if drifted else "-"
    style = f' style="{DRIFTED}"' if drifted else ""
    return f'<tr{style}><td style="{NAME}">{escape(printable(name))}</td><td style="{NAME}">{mark}</td>{cells}</tr>'


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
