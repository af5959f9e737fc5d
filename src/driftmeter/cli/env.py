"""`driftmeter env`: every setting, its value here, and where that came from."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import cast

import click

from driftmeter.cli.exampled import ExampledCommand
from driftmeter.cli.output import json_option, write_json
from driftmeter.settings import FILE_VARIABLE, PREFIX, Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    variable: str
    value: str
    origin: str
    """variable, file or default."""
    default: str
    doc: str


def settings_table() -> list[Setting]:
    """Every setting as it stands in this environment.

    Raises:
        ValueError: a variable or the settings file cannot be read; the message says which and why.

    """
    settled, unset = Settings.resolve({}), Settings()
    without_variables = {key: value for key, value in os.environ.items() if key == FILE_VARIABLE}
    filed = Settings.resolve({}, environ=without_variables)
    rows = []
    for row in fields(Settings):
        variable = PREFIX + row.name.upper()
        value, default = (getattr(each, row.name) for each in (settled, unset))
        from_file = getattr(filed, row.name) != default
        origin = "variable" if os.environ.get(variable) else "file" if from_file else "default"
        rows.append(Setting(row.name, variable, _shown(value), origin, _shown(default), row.metadata["doc"]))
    return rows


@click.command(cls=ExampledCommand, example="DRIFTMETER_WINDOWS=500rows driftmeter env")
@json_option
def command(*, as_json: bool) -> None:
    """List every setting: its variable, its value here, where that comes from, and what it means.

    An argument in code wins over a variable, that over the file named by DRIFTMETER_CONFIG_FILE, that over the default.
    Exits with 1 when a variable or the file is wrong.
    """
    try:
        table = settings_table()
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    if as_json:
        write_json({row.name: {key: getattr(row, key) for key in Setting.__slots__ if key != "name"} for row in table})
        return
    from driftmeter.view.settings import settings_view  # noqa: PLC0415  # rich is slow to import
    from driftmeter.view.terminal import on_stdout  # noqa: PLC0415

    on_stdout().print(settings_view([(row.variable, row.value, row.origin, row.doc) for row in table]))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
