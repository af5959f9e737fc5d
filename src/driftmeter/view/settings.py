"""The table of settings."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from driftmeter.view.bars import CALM, QUIET
from driftmeter.view.foreign import visible


def settings_view(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """Draw settings.

    Args:
        rows: variable, value, origin and meaning of each.

    """
    table = Table(box=None, pad_edge=False, header_style="bold", row_styles=("",))
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold", max_width=28)
    table.add_column("from")
    table.add_column("meaning", style=QUIET)
    for variable, value, origin, doc in rows:
        style = "" if origin == "default" else f"bold {CALM}"
        table.add_row(variable, visible(value or "-", style), Text(origin, style=style), doc)
    return table
