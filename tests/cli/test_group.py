import subprocess
import sys

import pytest
from click.testing import CliRunner

from driftmeter import cli
from driftmeter.cli.group import driftmeter

COMMANDS = (["demo"], ["env"], ["reference"], ["reference", "build"], ["reference", "show"], ["reference", "merge"])


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_every_command_explains_itself_with_an_example(command):
    """`--help` ends with something that can be typed."""
    result = CliRunner().invoke(driftmeter, [*command, "--help"])

    assert result.exit_code == 0
    assert "\nExample:\n  " in result.output
    assert "driftmeter" in result.output.partition("\nExample:\n")[2]


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != ["reference"]], ids=" ".join)
def test_every_command_can_speak_json(command):
    """For machines."""
    assert "--json" in CliRunner().invoke(driftmeter, [*command, "--help"]).output


def test_an_unknown_command_is_called_wrongly():
    """Exit code 2, as for every wrong call."""
    assert CliRunner().invoke(driftmeter, ["drift"]).exit_code == 2


def test_help_does_not_wait_for_heavy_libraries():
    """Neither numpy nor Arrow nor rich is needed to list the commands."""
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom driftmeter.cli.group import driftmeter\n"
        "assert CliRunner().invoke(driftmeter, ['--help']).exit_code == 0\n"
        "print(sorted({'numpy', 'pyarrow', 'rich', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    """click is an extra of the package."""
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "driftmeter.cli.group")

    with pytest.raises(SystemExit, match=r"pip install 'driftmeter\[cli\]'"):
        cli.main()
