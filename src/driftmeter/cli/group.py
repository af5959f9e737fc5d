"""`driftmeter`: the list of commands, each imported only when it is run."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

import click

from driftmeter import __version__
from driftmeter.cli.exampled import ExampledGroup

_HOMES = MappingProxyType(
    {
        "demo": "driftmeter.cli.demo",
        "env": "driftmeter.cli.env",
        "journal": "driftmeter.cli.journal",
        "reference": "driftmeter.cli.reference",
    }
)


class LazyGroup(ExampledGroup):
    """A group whose commands live in modules of their own: `--help` must not wait for numpy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Every command's name."""
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None when there is no such one."""
        if cmd_name not in _HOMES:
            return None
        command: click.Command = import_module(_HOMES[cmd_name]).command
        return command


@click.group(
    cls=LazyGroup,
    example="""
    driftmeter demo --fast
    driftmeter reference build train.csv -o air-time.reference.json --model air-time
    DRIFTMETER_REFERENCE=air-time.reference.json opentelemetry-instrument python serve.py
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="driftmeter")
def driftmeter() -> None:
    """Make any model in production observable, over OpenTelemetry.

    Exit codes: 0 all is well, 1 the answer is no or something is wrong, 2 the command was called wrongly.
    """
