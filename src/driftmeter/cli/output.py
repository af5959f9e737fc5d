"""How commands speak: results on stdout, as text or as one JSON object; everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

import click

C = TypeVar("C", bound=Callable[..., object])


def json_option(command: C) -> C:
    """Add `--json` to a command."""
    return click.option("as_json", "--json", is_flag=True, help="Write the result as one JSON object.")(command)


def write_json(result: Mapping[str, object]) -> None:
    """One JSON object on one line of stdout, with escapes for what would steer a terminal or cannot be encoded."""
    line = json.dumps(result, ensure_ascii=False, allow_nan=False)
    click.echo("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line))


def stderr_is_terminal() -> bool:
    """Whether somebody is watching."""
    return sys.stderr.isatty()
