"""A reference, column by column."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from driftmeter.drift import Reference
from driftmeter.drift.column import ColumnReference
from driftmeter.view.bars import CALM, QUIET, sparkline
from driftmeter.view.foreign import visible

_TAILS = frozenset({"below", "above", "missing", "unseen"})
_MOST_BINS = 24
_MOST_TEXT = 40


def reference_view(reference: Reference, path: str) -> RenderableType:
    """Draw what a reference holds."""
    title = Text.assemble(
        visible(reference.model, "bold"),
        visible(f" {reference.version or ''}".rstrip()),
        visible(f"   {reference.rows:,} rows   {len(reference.columns)} columns   {path}", QUIET),
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("column", "role", "kind"):
        table.add_column(heading, no_wrap=True)
    table.add_column("missing", justify="right", no_wrap=True)
    table.add_column("bins", justify="right", no_wrap=True)
    table.add_column("shares", style=CALM, no_wrap=True)
    table.add_column("holds", style=QUIET, no_wrap=True)
    for column in reference.columns.values():
        shares = column.shares
        bins = [share for name, share in shares.items() if name not in _TAILS]
        table.add_row(
            visible(column.name),
            column.role,
            column.kind,
            f"{shares['missing']:.1%}",
            str(len(bins)),
            sparkline(bins, min(len(bins), _MOST_BINS)),
            visible(_holds(column)),
        )
    return Group(title, "", table)


def _holds(column: ColumnReference) -> str:
    if column.moments is not None:
        return f"{column.moments.low:g} to {column.moments.high:g}, mean {column.moments.mean:.4g}"
    named = ", ".join(column.labels)
    return named if len(named) <= _MOST_TEXT else f"{named[:_MOST_TEXT]}…"
