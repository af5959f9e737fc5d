"""Names and labels that come from files and data, drawn so that they cannot steer the terminal."""

from __future__ import annotations

from rich.text import Text

from driftmeter.text import printable


def visible(given: str, style: str = "") -> Text:
    r"""Foreign text as it stands: escapes and writing directions are shown instead of obeyed, brackets are no markup.

    >>> visible("[red]\x1b[31m\u202eage").plain
    '[red]\\x1b[31m\\u202eage'

    """
    return Text(printable(given), style=style)
