import json

from driftmeter.cli.output import write_json


def test_json_cannot_steer_a_terminal(capsys):
    """What is odd is escaped; it is read back as it was."""
    given = {"name": "Zoë \U0001f600 \x1b[31m\x9b\u202e\u2028 \ud800 \U000e0001", "n": 1.5}
    write_json(given)
    line = capsys.readouterr().out
    assert json.loads(line) == given
    assert line.rstrip("\n").isprintable()
    assert "Zoë \U0001f600" in line
