"""Commands that show an example at the end of their help, as it is to be typed."""

from __future__ import annotations

import inspect
from typing import Any

import click


class _Exampled:
    """Mixed into click's classes: takes `example`, and writes it unwrapped below everything else."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = inspect.cleandoc(example)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the example."""
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write(f"  {line}\n")


class ExampledCommand(_Exampled, click.Command):
    """A command with an example."""


class ExampledGroup(_Exampled, click.Group):
    """A group of commands with an example."""
