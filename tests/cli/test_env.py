import json

import pytest
from click.testing import CliRunner

from driftmeter.cli.env import command
from driftmeter.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in Settings.__slots__:
        monkeypatch.delenv(f"DRIFTMETER_{name.upper()}", raising=False)
    monkeypatch.delenv("DRIFTMETER_CONFIG_FILE", raising=False)


def table(**variables):
    result = CliRunner().invoke(command, ["--json"], env=variables)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_setting_is_listed_with_what_it_means():
    """The table in the code is the table on the screen."""
    listed = table()

    assert set(listed) == set(Settings.__slots__)
    assert listed["windows"] == {
        "variable": "DRIFTMETER_WINDOWS",
        "value": "1000rows,1h,24h",
        "origin": "default",
        "default": "1000rows,1h,24h",
        "doc": "Windows of live rows: a number of rows or a duration each.",
    }


def test_a_value_says_whether_it_came_from_variable_or_file(tmp_path):
    """A variable wins over the file."""
    file = tmp_path / "driftmeter.toml"
    file.write_text('windows = ["7rows"]\ncapture = "none"')
    listed = table(DRIFTMETER_CONFIG_FILE=str(file), DRIFTMETER_WINDOWS="9rows")

    assert (listed["windows"]["value"], listed["windows"]["origin"]) == ("9rows", "variable")
    assert (listed["capture"]["value"], listed["capture"]["origin"]) == ("none", "file")


def test_a_wrong_value_is_told_with_its_variable():
    """Exit code 1, and what would be right."""
    result = CliRunner().invoke(command, [], env={"DRIFTMETER_SPANS": "some"})

    assert result.exit_code == 1
    assert "DRIFTMETER_SPANS is 'some': write true or false" in result.stderr


def test_people_see_a_table():
    """One line per setting at least."""
    shown = CliRunner().invoke(command, [], env={"DRIFTMETER_WINDOWS": "9rows"}).stdout

    assert "DRIFTMETER_LABEL_MEMORY" in shown
    assert "9rows" in shown
